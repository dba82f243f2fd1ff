"""A torch module of your own as an experiment's model."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from torch import nn
from torch.nn.parameter import is_lazy

from lossbook.values import Value, shown


@dataclass(frozen=True, eq=False)
class FromTorch(Value):
    """A copy of a torch module, taken when this object is made. ``Experiment(model=module)`` makes one.

    Each run trains a fresh copy of it; your module itself never changes. So every run starts from the same weights, and
    ``Experiment.seed`` decides only the order of the data and what is drawn in training, such as dropout. For fresh
    weights with each seed, write a frozen dataclass with a method ``build()`` that returns a new module.

    Args:
        module: any ``torch.nn.Module`` that ``copy.deepcopy`` can copy.

    Raises:
        ValueError: there is no parameter to train, or one that has no shape yet.
        TypeError: ``module`` is no module, or cannot be copied.

    >>> FromTorch(nn.Linear(3, 2))
    FromTorch(Linear, 8 parameters)
    """

    module: nn.Module

    def __post_init__(self) -> None:
        if not isinstance(self.module, nn.Module):
            raise TypeError(f"module must be a torch.nn.Module, got {shown(self.module)}.")
        name, params = type(self.module).__name__, list(self.module.parameters())
        if any(map(is_lazy, params)):
            raise ValueError(
                f"model must have parameters with a shape, got {name} before its first call: call it once."
            )
        if not any(param.requires_grad for param in params):
            got = "with all of them frozen" if params else "without any"
            raise ValueError(f"model must have a parameter to train, got {name} {got}.")
        try:
            module = copy.deepcopy(self.module)
        except Exception as error:  # an attribute may raise anything
            reason = shown(" ".join(str(error).split()), 150)
            raise TypeError(f"model must be one that copy.deepcopy can copy, got {name} ({reason}).") from error
        module.zero_grad(set_to_none=True)
        object.__setattr__(self, "module", module)

    def build(self) -> nn.Module:
        """A copy to train."""
        return copy.deepcopy(self.module)

    def __repr__(self) -> str:
        return (
            f"FromTorch({type(self.module).__name__}, {sum(p.numel() for p in self.module.parameters()):,} parameters)"
        )
