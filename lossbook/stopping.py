"""Stopping rules: when a loop should end before its last step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from lossbook import checks


class StoppingState(NamedTuple):
    step: int  # losses seen
    best: float  # the smallest loss so far that counted as better
    best_step: int | None  # index of that loss, counted from 0; None while there is none
    bad: int  # losses in a row since then


@dataclass(frozen=True)
class EarlyStopping:
    r"""Stop once the validation loss has not improved for a while.

    The rule: a loss :math:`J` is better than the best so far, :math:`J^*`, if :math:`J < J^* - \delta`
    (:math:`\delta` is ``min_delta``). Stop when ``patience`` losses in a row were not better. The rule only counts:
    ``state.best_step`` is the index of the best loss, and the loop itself must keep the weights of that moment and put
    them back.

    Args:
        patience: number of losses in a row, none of them better, that ends the run, at least 1.
        min_delta: smallest improvement that counts, in the unit of the loss, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    A loss of NaN or of either infinity is never better.

    >>> rule = EarlyStopping(patience=2)
    >>> state = rule.init()
    >>> for loss in (3.0, 1.0, 2.0, float("nan")):
    ...     stop, state = rule.update(loss, state)
    >>> stop, state.best, state.best_step
    (True, 1.0, 1)

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 7.8.
    Differs from torch: torch has none.
    """

    patience: int = 10
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        checks.whole_number("patience", self.patience, 1)
        checks.in_interval("min_delta", self.min_delta, "[0, inf)")

    def init(self) -> StoppingState:
        return StoppingState(step=0, best=math.inf, best_step=None, bad=0)

    def update(self, loss: float, state: StoppingState) -> tuple[bool, StoppingState]:
        """Whether to stop now, and the next state. If the loop goes on, each loss that is not better says stop again.

        Raises:
            TypeError: ``loss`` is no Python number.
        """
        checks.number("loss", loss)
        step, best, best_step, bad = state
        if math.isfinite(loss) and loss < best - self.min_delta:  # J < J* - δ
            best, best_step, bad = float(loss), step, 0
        else:
            bad += 1
        return bad >= self.patience, StoppingState(step + 1, best, best_step, bad)


#: name -> the rule with its usual settings
STOPPING = {
    "early stopping": EarlyStopping(),
}

__all__ = ["STOPPING", "EarlyStopping", "StoppingState"]
