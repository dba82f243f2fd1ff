"""Warm-up: small steps first, then any other schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from lossbook import checks
from lossbook.schedules.base import Schedule
from lossbook.schedules.curves import linear
from lossbook.schedules.polynomial import Linear


@dataclass(frozen=True)
class Warmup(Schedule):
    r"""The learning rate rises in a straight line to the first rate of another schedule, which then takes over.

    The rule, for :math:`\alpha_0` (``start``), :math:`w` (``steps``) and the schedule :math:`f` (``then``):
    :math:`\alpha_t = \alpha_0 + \frac tw (f(0) - \alpha_0)` while :math:`t < w`, then :math:`\alpha_t = f(t - w)`.
    So ``then`` counts its own steps from 0, and a cosine of 90 steps after a warm-up of 10 ends at step 100.

    Args:
        steps: number of updates before ``then`` takes over, at least 0 (no warm-up).
        then: any other schedule of this module.
        start: learning rate of the first update, in [0, inf), at most that of ``then``. At 0 the first update moves
            nothing.

    Raises:
        ValueError: a value outside its range; ``start`` above the first learning rate of ``then``.
        TypeError: a value of another type; ``then`` is no schedule.

    >>> schedule = Warmup(steps=4, then=Linear(lr=1.0, end=0.0, steps=2))
    >>> [schedule(step) for step in range(8)]
    [0.0, 0.25, 0.5, 0.75, 1.0, 0.5, 0.0, 0.0]

    Reference: Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour (2017), section 2.2.
    Differs from torch: torch builds it from two schedulers, by ``SequentialLR``, which counts in the same way.
    """

    rates: ClassVar[tuple[str, ...]] = ("start", "then")

    steps: int
    then: Schedule
    start: float = 0.0

    def __post_init__(self) -> None:
        checks.whole_number("steps", self.steps, 0)
        if not isinstance(self.then, Schedule):
            raise TypeError(f"then must be a schedule, such as Constant(lr=0.1), got {self.then!r}.")
        checks.in_interval("start", self.start, "[0, inf)")
        if self.start > self.then(0):
            raise ValueError(f"start must be at most the first lr of then, {self.then(0)!r}, got {self.start!r}.")

    def _lr(self, step: int) -> float:
        if step < self.steps:
            return linear(self.start, self.then(0), step / self.steps)  # α_t = α_0 + t/w (f(0) - α_0)
        return self.then(step - self.steps)  # α_t = f(t - w)

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``SequentialLR`` of the rise (as :class:`Linear`) and of ``then``.

        Raises:
            ValueError: ``then`` is a warm-up itself; torch cannot nest a ``SequentialLR``.
        """
        import torch

        if isinstance(self.then, Warmup):
            raise ValueError(f"torch.optim.lr_scheduler.SequentialLR cannot be nested, got then={self.then!r}.")
        then = self.then.to_torch(optimizer)
        if self.steps == 0:
            return then
            # The rise comes last, so that the optimiser is left with the rate that the rise multiplies.
        rise = Linear(self.start, self.then(0), self.steps).to_torch(optimizer)
        return torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, then], [self.steps])
