"""The losses of a run in units of its range, from the floor to where it began."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lossbook.constants import CLASSES, VOCABULARIES
from lossbook.recorded.curve import Curve
from lossbook.recorded.shape import Spikes, began, looks, noise, spikes
from lossbook.symptoms import LEAST_LOOKS, THRESHOLDS


class Levels(NamedTuple):
    """A run in units of its range: 1 where it began, 0 at the floor."""

    zero: float  # the floor, in the loss's unit: 0, or a level below the lowest loss
    unit: float  # the range, in the loss's unit
    looks: np.ndarray  # the run without spikes, at most 40 numbers
    end: float  # of the last quarter
    late_fall: float  # from the third quarter to the last
    doubt: float  # what noise makes of the difference between start and end
    late_doubt: float  # and of the difference between two quarters
    one: str  # what 1 is, in words
    steady: bool  # whether it falls from look to look


def share(value: float, of: str = "") -> str:
    """A share in words that stay short.

    >>> share(0.256), share(0.256, "its start"), share(86.3, "its start"), share(-3e20)
    ('26%', '26% of its start', '86 times its start', 'minus a million times and more')
    """
    if abs(value) < 10:
        digits = 1 if abs(value) < 0.01 else 0
        return f"{value:.{digits}%}{f' of {of}' * bool(of)}"
    far = f"{value:,.0f} times" if abs(value) < 1e6 else f"{'minus ' * (value < 0)}a million times and more"
    return f"{far} {of}".strip()


MOST = 1e290  #: units that a loss may have: of more, a sum would leave what a float holds


def levels_of(curve: Curve) -> tuple[Spikes, Levels]:
    """The spikes of a run, and its levels without them."""
    loss = curve.loss
    start, count = began(loss)
    chance = _chance(loss, start)
    one = "its start" if chance == start else "chance"
    if one == "its start" and abs(loss[0] - start) > abs(start) / 2:  # which "8 to 2.3" would contradict
        one = f"the median of its first {count} points"
    start = chance
    lowest = float(min(loss.min(), curve.val_loss.min())) if len(curve.val_loss) else float(loss.min())
    zero = 0.0 if lowest >= 0 and start > 0 else min(lowest, start - max(abs(start), abs(lowest), 1e-12))
    unit = max(start - zero, float(np.abs(loss).max()) / MOST, 1e-300)
    if zero != 0:
        one = "its range"
    found = spikes(loss, unit)
    level = (looks(found.calm) - zero) / unit
    size = max(len(level) // 4, 2)
    parts = (level[len(level) // 2 :], level[-max(size, 4) :])
    end, before = float(level[-size:].mean()), float(level[-2 * size : -size].mean())
    white = noise(loss) / unit if len(loss) >= LEAST_LOOKS else 0.0
    late_doubt = THRESHOLDS.noise * white * (8 / len(loss)) ** 0.5
    doubt = THRESHOLDS.noise * white * (1.6 / count + 4 / len(loss)) ** 0.5
    steady = min(float((np.diff(part) < 0).mean()) for part in parts) >= THRESHOLDS.steady
    return found, Levels(zero, unit, level, end, before - end, doubt, late_doubt, one, steady)


def _chance(loss: np.ndarray, start: float) -> float:
    """ln K, if the run fell to it and stopped there, so that a high start does not stretch the range; else the start.

    A run that began at the chance of another number of classes began at chance.
    """
    starts = np.array([[start], [loss[0]]])
    if (np.abs(starts / np.log((*CLASSES, *VOCABULARIES)) - 1) < 2 * THRESHOLDS.constant).any():
        return start
    quarter = loss[-max(len(loss) // 4, 2) :]
    parts = np.array([part.mean() for part in np.array_split(quarter, min(4, len(quarter)))])
    doubt = THRESHOLDS.noise * noise(loss) * (len(parts) / len(quarter)) ** 0.5
    for chance in map(float, np.log(CLASSES)):
        off = np.abs(parts - chance).max(), abs(float(quarter.mean()) - chance)
        near = THRESHOLDS.constant * chance
        if start > chance and off[0] < near + min(doubt, 4 * near) and off[1] < near + min(doubt / 2, near):
            return chance
    return start
