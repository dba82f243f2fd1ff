"""What the numbers that are logged do beside the losses of their steps: they add them up, or fall below them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

FEWEST = 40  # steps
ALIKE = 1e-3  # relative difference of two rises that are the same share of their losses; float32 rounds a sum, too
GROWN = 20  # the last number over the first rise, above which a total was not set back for long
ONE, MOST, HALF = 0.01, 0.8, 0.5  # shares of a loss that are one; of the rises that must be; and a share of few
TOTAL = "each number that was logged is the one before plus the same share of its loss: a total that was never set back"


def is_running_total(told: Sequence[tuple[float, float]]) -> bool:
    """Whether each logged number is the one before plus the same share of its own loss, from the first to the last.

    A mean of all losses so far takes ever smaller shares; one that is kept with a factor loses a part; a total that is
    set back at the end of an epoch falls there. All three are usual.

    >>> is_running_total([(0.5, 0.05 * step) for step in range(1, 60)])
    True
    >>> is_running_total([(0.5, 0.05 * (step % 20)) for step in range(1, 60)])
    False
    """
    losses, logged = np.array([pair[0] for pair in told]), np.array([pair[1] for pair in told])
    if len(told) < FEWEST or not (losses > 0).all() or not logged[0] > 0:
        return False
    shares = np.diff(logged, prepend=0.0) / losses
    share = float(np.median(shares))
    even = np.abs(shares - share) * losses <= ALIKE * share * losses + 1e-6 * np.abs(logged)
    return share > 0 and bool(even.all()) and bool(logged[-1] > GROWN * share * losses[0])


def only_rises(told: Sequence[tuple[float, float]]) -> bool:
    """Whether each logged number is higher than the one before, to many times the highest loss, which does not grow so.

    >>> only_rises([(0.5, 0.4 * step) for step in range(1, 60)])
    True
    """
    losses, logged = np.array([pair[0] for pair in told]), np.array([pair[1] for pair in told])
    if len(told) < FEWEST or not (np.diff(logged) > 0).all():
        return False
    return bool(logged[-1] > GROWN * max(logged[0], np.abs(losses).max()))


def falls_below(told: Sequence[tuple[float, float]], beyond: float) -> int:
    """How often the logged number fell far below the lowest loss so far, after it had not been lower than that."""
    lowest, returns, was_among = math.inf, 0, False
    for true, logged in told:
        lowest = min(lowest, true)
        if not lowest > 0:
            return 0
        returns += was_among and logged < lowest / beyond
        was_among = logged >= lowest or (was_among and logged >= lowest / beyond)
    return returns if _adds_shares(told) else 0


def _adds_shares(told: Sequence[tuple[float, float]]) -> bool:
    """Whether nearly each rise of the logged number is the same share of the loss of its step."""
    rises = [(after - before) / true for (_, before), (true, after) in pairwise(told) if after > before]
    share = float(np.median(rises)) if rises else 1.0
    alike = sum(abs(each - share) <= ONE * share for each in rises)
    return share < HALF and alike >= MOST * len(rises)


__all__ = ["TOTAL", "falls_below", "is_running_total", "only_rises"]
