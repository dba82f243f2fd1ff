"""Optimisers: a frozen rule with ``init(param)``, ``update(grad, state, param)`` and ``to_torch(params)``.

In a training loop of your own, a rule becomes an optimiser of torch::

    optimizer = TorchOptimizer(model.parameters(), Adam(lr=1e-3))  # this package's rule
    optimizer = Adam(lr=1e-3).to_torch(model.parameters())  # torch's own, with the same settings

In an :class:`lossbook.Experiment` the rule itself is the ``optimizer``, or ``TorchTwin(rule)`` for torch's own. Any
schedule of :mod:`lossbook.schedules` can stand for the number ``lr``. :func:`next_lr` returns the rate of the next step
of any torch optimiser, and :func:`set_lr_factor` multiplies the rate from then on. ``FromTorch`` trains with any
optimiser of torch's.
"""

from importlib import import_module
from typing import Any

from lossbook.optim.adagrad import Adadelta, Adagrad
from lossbook.optim.adam import Adam, AdamW, AMSGrad
from lossbook.optim.base import Rule
from lossbook.optim.batching import batched
from lossbook.optim.chunks import step_in_place
from lossbook.optim.clipping import ClipByGlobalNorm, ClipByValue
from lossbook.optim.from_torch import FromTorch
from lossbook.optim.lion import Lion
from lossbook.optim.rate import lr_factor, next_lr, set_lr_factor
from lossbook.optim.rmsprop import RMSprop
from lossbook.optim.sgd import SGD

#: name -> the rule with its usual settings
OPTIMIZERS: dict[str, Rule] = {
    "gradient descent": SGD(lr=0.1),
    "momentum": SGD(lr=0.01, momentum=0.9),
    "nesterov": SGD(lr=0.01, momentum=0.9, nesterov=True),
    "adagrad": Adagrad(),
    "adadelta": Adadelta(),
    "rmsprop": RMSprop(),
    "centred rmsprop": RMSprop(centered=True, momentum=0.5),
    "adam": Adam(),
    "amsgrad": AMSGrad(),
    "adamw": AdamW(),
    "lion": Lion(),
}

IMPORT_TORCH = {"TorchOptimizer": "torch_adapter", "TorchTwin": "torch_adapter", "Groups": "groups"}

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "AMSGrad",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "ClipByGlobalNorm",
    "ClipByValue",
    "FromTorch",
    "Groups",
    "Lion",
    "RMSprop",
    "Rule",
    "TorchOptimizer",
    "TorchTwin",
    "batched",
    "lr_factor",
    "next_lr",
    "set_lr_factor",
    "step_in_place",
]


def __getattr__(name: str) -> Any:
    if name in IMPORT_TORCH:  # these modules import torch; the rules do not
        return getattr(import_module(f"lossbook.optim.{IMPORT_TORCH[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
