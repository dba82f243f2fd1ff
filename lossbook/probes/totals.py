"""Whether a number that is logged only ever adds losses up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FEWEST = 40  # steps
ALIKE = 1e-3  # relative difference of two rises that are the same share of their losses; float32 rounds a sum, too
GROWN = 20  # the last number over the first rise, above which a total was not set back for long
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


__all__ = ["TOTAL", "is_running_total"]
