"""Cosine annealing, once or with restarts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossbook import checks
from lossbook.schedules.base import Schedule, with_lr
from lossbook.schedules.curves import cosine


@dataclass(frozen=True)
class Cosine(Schedule):
    r"""The learning rate goes from ``lr`` to ``end`` along half a cosine, and stays there.

    The rule, for :math:`\alpha_0` (``lr``), :math:`\alpha_T` (``end``) and :math:`T` (``steps``):
    :math:`\alpha_t = \alpha_T + \frac12 (\alpha_0 - \alpha_T)(1 + \cos(\pi t/T))` up to :math:`t = T`, then
    :math:`\alpha_T`.

    Args:
        lr: learning rate of the first update, in [0, inf).
        end: learning rate from step ``steps`` on, in [0, inf).
        steps: number of updates on the way, at least 1.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> schedule = Cosine(lr=1.0, end=0.0, steps=4)
    >>> [round(schedule(step), 3) for step in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]

    Reference: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (ICLR 2017), equation 5.
    Differs from torch: after its last step ``CosineAnnealingLR`` rises again.
    """

    lr: float
    end: float
    steps: int

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")
        checks.in_interval("end", self.end, "[0, inf)")
        checks.whole_number("steps", self.steps, 1)

    def _lr(self, step: int) -> float:
        # α_t = α_T + ½ (α_0 - α_T) (1 + cos(π t/T))
        return cosine(self.lr, self.end, min(step, self.steps) / self.steps)

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``CosineAnnealingLR``; the same up to step ``steps``."""
        import torch

        return torch.optim.lr_scheduler.CosineAnnealingLR(with_lr(optimizer, self.lr), self.steps, self.end)


@dataclass(frozen=True)
class CosineRestarts(Schedule):
    r"""Cosine annealing that jumps back to ``lr`` again and again; each period may be longer than the one before.

    The rule, for :math:`\alpha_0` (``lr``), :math:`\alpha_T` (``end``), the length :math:`T_i` of the running period
    and the :math:`\tau` updates since it began: :math:`\alpha_t = \alpha_T + \frac12 (\alpha_0 - \alpha_T)
    (1 + \cos(\pi \tau/T_i))`, where :math:`T_0` is ``period`` and :math:`T_{i+1} = T_i \cdot` ``multiplier``.

    Args:
        lr: learning rate at the start of each period, in [0, inf).
        end: learning rate to which a period falls, in [0, inf); the step that would reach it begins the next period.
        period: number of updates in the first period, at least 1.
        multiplier: how many times longer each period is than the one before, a whole number of at least 1.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> schedule = CosineRestarts(lr=1.0, end=0.0, period=2, multiplier=2)
    >>> [round(schedule(step), 3) for step in range(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]

    Reference: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (ICLR 2017), equation 5.
    """

    lr: float
    end: float
    period: int
    multiplier: int = 1

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")
        checks.in_interval("end", self.end, "[0, inf)")
        checks.whole_number("period", self.period, 1)
        checks.whole_number("multiplier", self.multiplier, 1)

    def _lr(self, step: int) -> float:
        since, length = step, self.period  # τ and T_i
        if self.multiplier == 1:
            since = step % length
        while since >= length:  # few rounds: each period is at least twice the one before
            since, length = since - length, length * self.multiplier
        return cosine(self.lr, self.end, since / length)  # α_t = α_T + ½ (α_0 - α_T) (1 + cos(π τ/T_i))

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``CosineAnnealingWarmRestarts``."""
        from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

        return CosineAnnealingWarmRestarts(with_lr(optimizer, self.lr), self.period, self.multiplier, self.end)
