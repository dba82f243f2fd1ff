"""Decay by a factor: every k steps, at given steps, or at every step."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from lossbook import checks
from lossbook.schedules.base import Schedule, with_lr
from lossbook.schedules.curves import power


@dataclass(frozen=True)
class StepDecay(Schedule):
    r"""The learning rate falls by a factor at regular intervals.

    The rule, for :math:`\alpha` (``lr``), :math:`k` (``every``) and :math:`\gamma` (``factor``):
    :math:`\alpha_t = \alpha\,\gamma^{\lfloor t/k \rfloor}`.

    Args:
        lr: learning rate of the first update, in [0, inf).
        every: updates between two falls, at least 1.
        factor: a fall multiplies the learning rate by this, in (0, 1].

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> schedule = StepDecay(lr=1.0, every=10, factor=0.5)
    >>> [schedule(step) for step in (0, 9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]

    Differs from torch: ``StepLR`` calls the factor gamma, and ``every`` step_size.
    """

    lr: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")
        checks.whole_number("every", self.every, 1)
        checks.in_interval("factor", self.factor, "(0, 1]")

    def _lr(self, step: int) -> float:
        return power(self.lr, self.factor, step // self.every)  # α_t = α γ^⌊t/k⌋

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``StepLR``."""
        import torch

        return torch.optim.lr_scheduler.StepLR(with_lr(optimizer, self.lr), self.every, self.factor)


@dataclass(frozen=True)
class MultiStep(Schedule):
    r"""The learning rate falls by a factor at each of the given steps.

    The rule, for :math:`\alpha` (``lr``), the steps :math:`k_1 < k_2 < \dots` (``milestones``) and :math:`\gamma`
    (``factor``): :math:`\alpha_t = \alpha\,\gamma^{\,\#\{i : k_i \le t\}}`.

    Args:
        lr: learning rate of the first update, in [0, inf).
        milestones: the steps that are the first with a smaller learning rate, rising, each at least 1.
        factor: a fall multiplies the learning rate by this, in (0, 1].

    Raises:
        ValueError: a value outside its range; ``milestones`` that do not rise.
        TypeError: a value of another type.

    >>> schedule = MultiStep(lr=1.0, milestones=(10, 15), factor=0.5)
    >>> [schedule(step) for step in (0, 9, 10, 15)]
    [1.0, 1.0, 0.5, 0.25]

    Differs from torch: ``MultiStepLR`` calls the factor gamma, and lets one milestone stand twice.
    """

    lr: float
    milestones: tuple[int, ...]
    factor: float = 0.1

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")
        if not isinstance(self.milestones, tuple):
            raise TypeError(f"milestones must be a tuple of whole numbers, got {self.milestones!r}.")
        for index, milestone in enumerate(self.milestones):
            checks.whole_number(f"milestones[{index}]", milestone, 1)
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError(f"milestones must rise from each to the next, got {self.milestones!r}.")
        checks.in_interval("factor", self.factor, "(0, 1]")

    def _lr(self, step: int) -> float:
        passed = bisect_right(self.milestones, step)  # number of milestones with k_i ≤ t
        return power(self.lr, self.factor, passed)  # α_t = α γ^passed

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``MultiStepLR``."""
        import torch

        return torch.optim.lr_scheduler.MultiStepLR(with_lr(optimizer, self.lr), self.milestones, self.factor)


@dataclass(frozen=True)
class Exponential(Schedule):
    r"""The learning rate is multiplied by the same number after every update.

    The rule, for :math:`\alpha` (``lr``) and :math:`\gamma` (``gamma``): :math:`\alpha_t = \alpha\,\gamma^t`.
    If :math:`\gamma` is close to 1, the learning rate halves about every :math:`\ln 2 / (1-\gamma)` updates.

    Args:
        lr: learning rate of the first update, in [0, inf).
        gamma: each update multiplies the learning rate by this, in (0, inf). Above 1 the rate grows without limit, as
            in the learning-rate range test.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> schedule = Exponential(lr=1.0, gamma=0.5)
    >>> [schedule(step) for step in (0, 1, 10)]
    [1.0, 0.5, 0.0009765625]
    """

    lr: float
    gamma: float

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")
        checks.in_interval("gamma", self.gamma, "(0, inf)")

    def _lr(self, step: int) -> float:
        return power(self.lr, self.gamma, step)  # α_t = α γ^t

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``ExponentialLR``."""
        import torch

        return torch.optim.lr_scheduler.ExponentialLR(with_lr(optimizer, self.lr), self.gamma)
