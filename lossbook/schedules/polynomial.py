"""From one learning rate to another in a given number of steps: straight, or along a power."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from lossbook import checks
from lossbook.schedules.base import Schedule, with_lr
from lossbook.schedules.curves import linear


@dataclass(frozen=True)
class Linear(Schedule):
    r"""The learning rate goes straight from ``lr`` to ``end``, down or up, and stays there.

    The rule, for :math:`\alpha_0` (``lr``), :math:`\alpha_T` (``end``) and :math:`T` (``steps``):
    :math:`\alpha_t = \alpha_0 + \frac tT (\alpha_T - \alpha_0)` up to :math:`t = T`, then :math:`\alpha_T`.

    Args:
        lr: learning rate of the first update, in [0, inf).
        end: learning rate from step ``steps`` on, in [0, inf).
        steps: number of updates on the way, at least 1.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> schedule = Linear(lr=1.0, end=0.0, steps=4)
    >>> [schedule(step) for step in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]

    Differs from torch: ``LinearLR`` takes both ends as factors of the optimiser's own learning rate.
    """

    lr: float
    end: float
    steps: int

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")
        checks.in_interval("end", self.end, "[0, inf)")
        checks.whole_number("steps", self.steps, 1)

    def _lr(self, step: int) -> float:
        return linear(self.lr, self.end, min(step, self.steps) / self.steps)  # α_t = α_0 + t/T (α_T - α_0)

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``LinearLR``; it cannot start at 0, so ``LambdaLR`` if ``lr`` is 0."""
        from torch.optim.lr_scheduler import LambdaLR, LinearLR

        if self.lr == 0:
            return LambdaLR(with_lr(optimizer, self.end), partial(_share, self.steps))
        top = max(self.lr, self.end)  # torch's factors are at most 1
        return LinearLR(with_lr(optimizer, top), self.lr / top, self.end / top, self.steps)


@dataclass(frozen=True)
class Polynomial(Schedule):
    r"""The learning rate goes from ``lr`` to ``end`` along a power of the steps left, and stays there.

    The rule, for :math:`\alpha_0` (``lr``), :math:`\alpha_T` (``end``), :math:`T` (``steps``) and :math:`p`
    (``power``): :math:`\alpha_t = \alpha_T + (\alpha_0 - \alpha_T) (1 - t/T)^p` up to :math:`t = T`, then
    :math:`\alpha_T`.

    Args:
        lr: learning rate of the first update, in [0, inf).
        end: learning rate from step ``steps`` on, in [0, inf).
        steps: number of updates on the way, at least 1.
        power: 1 is a straight line; above 1 the fall is steep at first and slow at last. In (0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> schedule = Polynomial(lr=1.0, end=0.0, steps=4, power=2.0)
    >>> [schedule(step) for step in range(6)]
    [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]

    Differs from torch: ``PolynomialLR`` always ends at 0.
    """

    lr: float
    end: float
    steps: int
    power: float

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")
        checks.in_interval("end", self.end, "[0, inf)")
        checks.whole_number("steps", self.steps, 1)
        checks.in_interval("power", self.power, "(0, inf)")

    def _lr(self, step: int) -> float:
        left = (1 - min(step, self.steps) / self.steps) ** self.power  # (1 - t/T)^p
        return left * self.lr + (1 - left) * self.end  # α_t = α_T + (α_0 - α_T) (1 - t/T)^p

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``PolynomialLR``.

        Raises:
            ValueError: ``end`` is not 0; torch cannot do that.
        """
        import torch

        if self.end != 0:
            raise ValueError(f"torch.optim.lr_scheduler.PolynomialLR always ends at 0, got end={self.end!r}.")
        return torch.optim.lr_scheduler.PolynomialLR(with_lr(optimizer, self.lr), self.steps, self.power)


def _share(steps: int, step: int) -> float:
    """The share of the way that is done after ``step`` updates; a function of the module, so that pickle finds it."""
    return min(step / steps, 1.0)
