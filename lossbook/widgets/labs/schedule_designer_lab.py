"""Lab: design a schedule, and train with it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from itertools import product

from matplotlib.figure import Figure

from lossbook.experiment import History
from lossbook.optim import SGD
from lossbook.plotting import PALETTE
from lossbook.schedules import Constant, Cosine, Exponential, Linear, Schedule, StepDecay, Warmup
from lossbook.sweeps import sweep
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import FAINT, SMALL, TRAINING, sheet
from lossbook.widgets.words import course, number

STEPS, PEAK = 200, 0.2
WARMUPS, ENDS = (0, 10, 40), (0.3, 0.1, 0.01)  # steps, and what is left of the peak
SHAPES: dict[str, Callable[[int, float], Schedule]] = {
    "constant": lambda steps, end: Constant(PEAK),
    "step": lambda steps, end: StepDecay(PEAK, every=-(-steps // 4), factor=end ** (1 / 3)),
    "exponential": lambda steps, end: Exponential(PEAK, gamma=end ** (1 / steps)),
    "linear": lambda steps, end: Linear(PEAK, PEAK * end, steps),
    "cosine": lambda steps, end: Cosine(PEAK, PEAK * end, steps),
}  # name -> what makes a schedule from its number of steps and the share of its peak at which it ends
BASE = replace(TRAINING, optimizer=SGD(lr=PEAK), batch_size=16, steps=STEPS)


def design(schedule: str, warmup: int, end: float) -> Schedule:
    """The schedule of a run: first the warm-up, then the rest."""
    return Warmup(steps=warmup, then=SHAPES[schedule](STEPS - warmup, end))


@functools.cache
def histories() -> dict[Schedule, History]:
    """schedule -> its training."""
    designs = list(dict.fromkeys(design(*knobs) for knobs in product(SHAPES, WARMUPS, ENDS)))
    return dict(zip(designs, sweep(BASE, "optimizer.lr", designs, progress=False), strict=True))


def render(schedule: str, warmup: int, end: float) -> tuple[Figure, str]:
    chosen = histories()[design(schedule, warmup, end)]
    constant = histories()[design("constant", 0, end)]
    figure, (left, right) = sheet()
    for history, colour, label in ((constant, FAINT, "constant"), (chosen, PALETTE[0], "your schedule")):
        left.plot(history.lr, color=colour)
        right.plot(history.eval_step, history.reference_loss, color=colour, label=label)
    left.set(xlabel="step", ylabel="learning rate", ylim=(-0.01, 0.23))
    right.set(xlabel="step", ylabel="reference loss (nats)", yscale="log", ylim=(0.25, 5))
    right.set_yticks([0.3, 1, 3], ["0.3", "1", "3"])
    right.minorticks_off()
    right.legend(loc="upper right", fontsize=SMALL)
    return figure, (
        f"In {STEPS} steps the learning rate {course(chosen.lr)}. The loss, in nats, {course(chosen.reference_loss)}; "
        f"with a constant {number(PEAK)} it {course(constant.reference_loss)}."
    )


def schedule_designer() -> Explorer:
    """A schedule by its shape, warm-up and end, and the loss of a small training that follows it."""
    return explore(
        render,
        title="Design a schedule",
        schedule=Control(tuple(SHAPES), start="cosine", kind="choice"),
        warmup=Control(WARMUPS, "warm-up (steps)", 0, "choice"),
        end=Control(ENDS, "end / peak", 0.1, "choice"),
    )
