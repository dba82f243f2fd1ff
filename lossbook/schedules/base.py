"""What every schedule here is: a frozen object that is called with the step and gives the learning rate."""

from __future__ import annotations

from typing import Any

from lossbook import checks


class Schedule:
    """A learning rate that depends on the step alone. Give it to an optimiser as its ``lr``."""

    def __call__(self, step: int) -> float:
        """The learning rate of the update that comes after ``step`` updates; the first update has step 0.

        Raises:
            ValueError: ``step`` is below 0.
            TypeError: ``step`` is no Python int.
        """
        checks.whole_number("step", step, 0)
        return float(self._lr(step))

    def _lr(self, step: int) -> float:
        """The rule itself, for a step that has been checked."""
        raise NotImplementedError

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own scheduler on ``optimizer``, whose learning rate this sets, since torch multiplies that one."""
        raise NotImplementedError


def with_lr(optimizer: Any, lr: float) -> Any:
    """The torch ``optimizer`` with ``lr`` in all its groups: the rate that torch's schedulers multiply."""
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] = lr
    return optimizer
