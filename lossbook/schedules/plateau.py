"""Reduce on plateau: the one schedule that looks at the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from lossbook import checks


class PlateauState(NamedTuple):
    best: float  # the smallest loss so far that counted as better
    bad: int  # losses in a row that were not better
    rest: int  # how many of the next losses cannot count as bad, after a reduction
    factor: float  # factor on each update


@dataclass(frozen=True)
class ReduceOnPlateau:
    r"""Smaller steps once the loss has stopped falling. The loop multiplies each ``delta`` by the factor.

    The rule: a loss :math:`J` is better than the best so far, :math:`J^*`, if :math:`J < J^* - \epsilon |J^*|`
    (:math:`\epsilon` is ``threshold``), so the unit of the loss does not matter, and a loss may be below 0. After more
    than ``patience`` losses in a row that are not better, the factor becomes :math:`\max(f \cdot` ``factor``,
    ``min_factor``:math:`)`, and the next ``cooldown`` losses do not count as bad.

    Args:
        factor: a reduction multiplies the step by this, in (0, 1).
        patience: number of losses in a row that may fail to be better, at least 0.
        threshold: smallest improvement that counts, as a share of the best loss's size, in [0, 1).
        cooldown: losses after a reduction that do not count as bad, at least 0.
        min_factor: the factor never falls below this, in [0, 1].

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    A loss of NaN or of either infinity is never better: it counts as bad, and leaves the best one as it was.

    >>> rule = ReduceOnPlateau(factor=0.5, patience=1)
    >>> state = rule.init()
    >>> for loss in (2.0, 1.0, 1.0, 1.0):
    ...     factor, state = rule.update(loss, state)
    ...     print(loss, factor)
    2.0 1.0
    1.0 1.0
    1.0 1.0
    1.0 0.5

    Differs from torch: ``ReduceLROnPlateau`` changes the optimiser's learning rate, has an absolute lower bound
    ``min_lr``, and leaves out a reduction of less than 1e-8. There a constant loss below 0 counts as better each time,
    since :math:`(1-\epsilon) J^*` then lies above :math:`J^*`.
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    cooldown: int = 0
    min_factor: float = 0.0

    def __post_init__(self) -> None:
        checks.in_interval("factor", self.factor, "(0, 1)")
        checks.whole_number("patience", self.patience, 0)
        checks.in_interval("threshold", self.threshold, "[0, 1)")
        checks.whole_number("cooldown", self.cooldown, 0)
        checks.in_interval("min_factor", self.min_factor, "[0, 1]")

    def init(self) -> PlateauState:
        return PlateauState(best=math.inf, bad=0, rest=0, factor=1.0)

    def update(self, loss: float, state: PlateauState) -> tuple[float, PlateauState]:
        """The factor for the updates from here on, and the next state.

        Raises:
            TypeError: ``loss`` is no Python number.
        """
        checks.number("loss", loss)
        best, bad, rest, factor = state
        share = 1 - math.copysign(self.threshold, best)
        if math.isfinite(loss) and loss < share * best:  # J < J* - ε |J*|
            best, bad = float(loss), 0
        else:
            bad += 1
        if rest > 0:
            rest, bad = rest - 1, 0
        if bad > self.patience:
            factor = max(factor * self.factor, self.min_factor)  # f ← max(f · factor, min_factor)
            rest, bad = self.cooldown, 0
        return factor, PlateauState(best, bad, rest, factor)

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own: ``ReduceLROnPlateau`` on the optimiser's learning rates; call its ``step`` with the loss."""
        import torch

        return torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer,
            factor=self.factor,
            patience=self.patience,
            threshold=self.threshold,
            cooldown=self.cooldown,
            min_lr=[self.min_factor * group["lr"] for group in optimizer.param_groups],
            eps=0.0,
        )
