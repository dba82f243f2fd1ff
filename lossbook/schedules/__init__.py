"""Schedules: a frozen object that gives the learning rate of a step. ``to_torch(optimizer)`` makes its twin.

The step is the number of updates done, so the first update has step 0. :class:`ReduceOnPlateau` is different: it takes
the loss, and gives a factor for the update.
"""

from lossbook.schedules.base import Schedule
from lossbook.schedules.constant import Constant
from lossbook.schedules.cosine import Cosine, CosineRestarts
from lossbook.schedules.decay import Exponential, MultiStep, StepDecay
from lossbook.schedules.one_cycle import OneCycle
from lossbook.schedules.plateau import PlateauState, ReduceOnPlateau
from lossbook.schedules.polynomial import Linear, Polynomial
from lossbook.schedules.warmup import Warmup

#: name -> the schedule with its usual settings, for a run of 100 steps
SCHEDULES = {
    "constant": Constant(lr=0.1),
    "step": StepDecay(lr=0.1, every=30, factor=0.1),
    "multi-step": MultiStep(lr=0.1, milestones=(50, 75), factor=0.1),
    "exponential": Exponential(lr=0.1, gamma=0.95),
    "linear": Linear(lr=0.1, end=0.0, steps=100),
    "polynomial": Polynomial(lr=0.1, end=0.0, steps=100, power=2.0),
    "cosine": Cosine(lr=0.1, end=0.0, steps=100),
    "cosine with restarts": CosineRestarts(lr=0.1, end=0.0, period=15, multiplier=2),
    "one-cycle": OneCycle(peak=0.1, steps=100),
    "warm-up": Warmup(steps=10, then=Cosine(lr=0.1, end=0.0, steps=90)),
}

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Exponential",
    "Linear",
    "MultiStep",
    "OneCycle",
    "PlateauState",
    "Polynomial",
    "ReduceOnPlateau",
    "Schedule",
    "StepDecay",
    "Warmup",
]
