"""A torch loss, or any function of outputs and targets, as an experiment's loss."""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass
from typing import Any

from lossbook.checks import Array
from lossbook.values import Value, shown


@dataclass(frozen=True, eq=False)
class FromTorch(Value):
    """``function(output, target)`` as a loss: ``torch.nn.CrossEntropyLoss()``, ``torch.nn.functional.mse_loss``.

    ``Experiment(loss=function)`` makes one, and so do ``reference`` and ``metric``. The function itself must make all
    checks: where torch broadcasts, this loss does too.

    Args:
        function: called with torch tensors, returns one number. A module is copied in its present state.

    Raises:
        TypeError: ``function`` cannot be called.
        ValueError: ``function`` has parameters to train, which a run would not train.

    >>> import torch
    >>> float(FromTorch(torch.nn.MSELoss()).value(torch.ones(2), torch.zeros(2)))
    1.0

    Differs from the other losses: torch's class losses have the classes on the second axis, (N, K, T), not on the last.
    """

    function: Any

    def __post_init__(self) -> None:
        if isinstance(self.function, type) or not callable(self.function):
            raise TypeError(f"function must be a function of (output, target), got {shown(self.function)}.")
        if _is_module(self.function):
            if any(param.requires_grad for param in self.function.parameters()):
                raise ValueError(
                    f"loss must have no parameters to train, got {shown(self.function)}: put them into the model, "
                    "whose parameters are trained."
                )
            object.__setattr__(self, "function", copy.deepcopy(self.function))

    def value(self, output: Array, target: Array) -> Array:
        """The value of the function; its buffers are first moved to the device and dtype of ``output``."""
        function = self.function
        if _is_module(function) and any(
            t.device != output.device or t.dtype != output.dtype for t in function.buffers()
        ):
            function = copy.deepcopy(function).to(output)
        return function(output, target)

    @property
    def name(self) -> str:
        """The name of the function, for the axis of a plot."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def __repr__(self) -> str:
        return f"FromTorch({getattr(self.function, '__qualname__', None) or shown(self.function)})"


def _is_module(value: Any) -> bool:
    torch = sys.modules.get("torch")  # if there is a module, torch has been imported
    return torch is not None and isinstance(value, torch.nn.Module)
