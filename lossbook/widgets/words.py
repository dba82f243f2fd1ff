"""What a picture shows, in words: numbers, and what a curve does."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

STILL = 0.02  # a curve whose highest and lowest values differ by less than this share of its start stays where it is
LEVEL = 0.04  # its second half is level if it differs by less than this share of the whole difference
TURN = 0.1  # a turn is told if the curve then comes back by more than this share
# A curve swings if in its second half it moves up and down by more than WANDERS times the difference between the
# highest and the lowest value there, and if that difference is more than SWINGS times their mean.
WANDERS, SWINGS = 2.5, 0.3


def number(value: float) -> str:
    """A number in a sentence, with three digits; words for what is not finite.

    >>> number(0.012345), number(-2.0), number(-0.0), number(math.inf)
    ('0.0123', '−2', '0', 'not finite')
    """
    return f"{value + 0.0:.3g}".replace("-", "−") if math.isfinite(value) else "not finite"


def capital(words: str) -> str:
    """The words with a capital letter in front, as a sentence begins.

    >>> capital("elastic net"), capital("MSE")
    ('Elastic net', 'MSE')
    """
    return words[0].upper() + words[1:]


def course(curve: ArrayLike) -> str:
    """What a curve does from its first point to its last, for readers who do not see it.

    >>> course([3.0, 2.0, 1.5, 1.0]), course([2.3, 2.31, 2.3])
    ('falls from 3 to 1', 'stays at 2.3')
    >>> course([3.0, 1.0, 2.0]), course([3.0, 1.0, 1.0, 1.0])
    ('falls from 3 to 1 and then rises to 2', 'falls from 3 to 1 and levels off')
    >>> course([1.0, 90.0, 9.0, 5.0, 1.0, 5.0, 1.0, 4.0])
    'rises from 1 to 90 and then swings between 1 and 5'
    >>> course([2.0, math.inf])
    'starts at 2 and ceases to be a finite number'
    """
    values = np.asarray(curve, dtype=float)
    start, end = float(values[0]), float(values[-1])
    if not np.isfinite(values).all():
        return f"starts at {number(start)} and ceases to be a finite number"
    low, high = float(values.min()), float(values.max())
    span, late = high - low, values[len(values) // 2 :]
    if span <= STILL * max(abs(start), 1e-12):
        return f"stays at {number(end)}"
    if np.abs(np.diff(late)).sum() > WANDERS * np.ptp(late) > WANDERS * SWINGS * abs(late.mean()):
        far, way = (high, "rises") if high - start > start - low else (low, "falls")
        return f"{way} from {number(start)} to {number(far)} and then swings between {_ends(late)}"
    for far, first, then in ((low, "falls", "rises"), (high, "rises", "falls")):
        if min(abs(far - start), abs(far - end)) > TURN * span:
            return f"{first} from {number(start)} to {number(far)} and then {then} to {number(end)}"
    way = f"{'falls' if end < start else 'rises'} from {number(start)} to {number(end)}"
    return f"{way} and levels off" if len(values) > 3 and np.ptp(late) <= LEVEL * span else way


def _ends(values: np.ndarray) -> str:
    return f"{number(float(values.min()))} and {number(float(values.max()))}"
