"""READINGS: the three readings that tell most about a run, and the limits between which healthy runs lie.

The numbers stand in ``readings.json``; ``python tools/measure_readings.py`` measures them: the limits on some seeds of
all scenarios, and how often they are wrong on others.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

FIRST = 10  #: steps that count as early


class Counts(NamedTuple):
    """How many runs lie below the lower limit and above the upper one."""

    below: int
    above: int
    runs: int

    @property
    def share(self) -> float:
        """Of the runs that lie beyond a limit."""
        return (self.below + self.above) / self.runs


@dataclass(frozen=True)
class Limits:
    """The limits of one reading, and how far they can be trusted."""

    words: str  #: what is measured, and at which steps
    low: float  #: below it, few healthy runs lie
    high: float  #: above it, few healthy runs lie; a number that is not finite is above, too
    healthy: Counts  #: mended runs and look-alikes of other seeds
    broken: Counts  #: broken runs of other seeds, whatever their cause
    causes_below: tuple[str, ...]  #: whose broken runs lie below on every such seed
    causes_above: tuple[str, ...]  #: whose broken runs lie above on every such seed

    def side(self, value: float) -> str:
        """ "below", "above", or "between".

        >>> READINGS["update ratio"].side(3.0)
        'above'
        """
        if value < self.low:
            return "below"
        return "between" if value <= self.high else "above"  # a NaN is above


def first_norm(grad_norm: Sequence[float]) -> float:
    """Euclidean norm of the whole gradient before the first update, before clipping."""
    return float(grad_norm[0])


def early_ratio(update_ratio: Sequence[float]) -> float:
    """The largest ‖Δθ‖ / ‖θ‖ of the first ``FIRST`` updates; infinite if one of them is not finite.

    >>> early_ratio([0.1, 0.3, 0.2])
    0.3
    """
    early = update_ratio[:FIRST]
    return float(max(early)) if all(map(math.isfinite, early)) else math.inf


def start_over_chance(first_loss: float, chance: float) -> float:
    """Loss before the first update, over the loss of a model that knows nothing.

    Raises:
        ValueError: ``chance`` is not above 0; a likelihood may be negative, and then there is no such ratio.

    >>> round(start_over_chance(2.31, 2.3026), 3)
    1.003
    """
    if not chance > 0:
        raise ValueError(f"chance must be above 0, got {chance}.")
    return first_loss / chance


def values_of(history: Any) -> dict[str, float]:
    """The readings of a run, as far as it has them: a key of ``WORDS`` -> its value."""
    values = {
        "update ratio": early_ratio(history.update_ratio),
        "gradient norm": first_norm(history.grad_norm),
    }
    if history.chance is not None and history.chance > 0:
        values["loss at the start"] = start_over_chance(history.reference_loss[0], history.chance)
    return values


#: key -> what is measured, and at which steps
WORDS = {
    "update ratio": f"update ratio ‖Δθ‖ / ‖θ‖, the largest of the first {FIRST} steps",
    "gradient norm": "gradient norm ‖g‖ before the first step, not clipped",
    "loss at the start": "loss before the first step, over the loss of a model that knows nothing",
}


READINGS = {
    key: Limits(
        words=WORDS[key],
        low=row["low"],
        high=row["high"],
        healthy=Counts(*row["healthy"]),
        broken=Counts(*row["broken"]),
        causes_below=tuple(row["causes_below"]),
        causes_above=tuple(row["causes_above"]),
    )
    for key, row in json.loads((Path(__file__).parent / "readings.json").read_text(encoding="utf-8")).items()
}  #: key -> the limits of a reading
