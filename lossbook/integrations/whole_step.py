"""The ``training_step`` of a Lightning module as if it was a model."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from torch import nn


class WholeStep(nn.Module):
    """A model that holds what a Lightning module holds, and does what its ``training_step`` does.

    Args:
        module: the Lightning module.
    """

    module: Any

    def __init__(self, module: Any) -> None:
        super().__init__()
        vars(self)["module"] = module  # not as a part, so that the names of parameters stay as they are
        self._modules, self._parameters, self._buffers = module._modules, module._parameters, module._buffers

    @property
    def training(self) -> bool:
        """The mode of the Lightning module."""
        return bool(self.module.training)

    @training.setter
    def training(self, mode: bool) -> None:
        if "module" in vars(self):  # else it is about to be made
            self.module.training = mode

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        step = functools.partial(type(self.module).training_step, self.module, *args, **kwargs)
        if self.module._trainer is not None:
            return step()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*self.log.*")  # a copy has no trainer that would log
            return step()

    def stands_in(self) -> Callable[..., Any]:
        """What to call in the place of ``training_step``, so that the call of this model is seen."""

        @functools.wraps(self.module.training_step)
        def called(*args: Any, **kwargs: Any) -> Any:
            return self(*args, **kwargs)

        return called
