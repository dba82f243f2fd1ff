"""Optimisers: a frozen rule with ``init(param)``, ``update(grad, state, param)`` and ``to_torch(params)``."""

from typing import Any

from lossbook.optim.adam import Adam
from lossbook.optim.sgd import SGD

#: name -> the rule with its usual settings
OPTIMIZERS = {
    "gradient descent": SGD(lr=0.1),
    "momentum": SGD(lr=0.01, momentum=0.9),
    "nesterov": SGD(lr=0.01, momentum=0.9, nesterov=True),
    "adam": Adam(),
}

__all__ = ["OPTIMIZERS", "SGD", "Adam", "TorchOptimizer", "TorchTwin"]


def __getattr__(name: str) -> Any:
    if name in ("TorchOptimizer", "TorchTwin"):  # these import torch, the rules do not
        from lossbook.optim import torch_adapter

        return getattr(torch_adapter, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
