"""One learning rate for the whole run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossbook import checks
from lossbook.schedules.base import Schedule, with_lr


@dataclass(frozen=True)
class Constant(Schedule):
    r"""The same learning rate at every step; put it after a warm-up if the rate shall not decay.

    The rule, for :math:`\alpha` (``lr``): :math:`\alpha_t = \alpha`.

    Args:
        lr: learning rate, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> Constant(lr=0.1)(1000)
    0.1
    """

    lr: float

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")

    def _lr(self, step: int) -> float:
        return self.lr  # α_t = α

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``ConstantLR`` with a factor of 1."""
        import torch

        return torch.optim.lr_scheduler.ConstantLR(with_lr(optimizer, self.lr), factor=1.0)
