"""The ways from one learning rate to another. ``done`` runs from 0 to 1; both ends are met exactly."""

from __future__ import annotations

import math


def linear(start: float, end: float, done: float) -> float:
    """A straight line.

    >>> [linear(1.0, 0.0, done) for done in (0.0, 0.25, 1.0)]
    [1.0, 0.75, 0.0]
    """
    return (1 - done) * start + done * end  # α_0 + s (α_T - α_0)


def cosine(start: float, end: float, done: float) -> float:
    """Half a wave of the cosine: flat at both ends, steepest in the middle.

    >>> [round(cosine(1.0, 0.0, done), 3) for done in (0.0, 0.25, 0.5, 1.0)]
    [1.0, 0.854, 0.5, 0.0]
    """
    left = (1 + math.cos(math.pi * done)) / 2  # 1 at the start, 0 at the end
    return left * start + (1 - left) * end  # α_T + ½ (α_0 - α_T) (1 + cos πs)


def power(lr: float, factor: float, times: int) -> float:
    """lr · factor^times; infinity or 0 only if a float cannot hold the result.

    >>> power(0.5, 0.5, 2), power(2.0**-1000, 2.0, 1100) == 2.0**100, power(1.0, 2.0, 10**9), power(0.0, 2.0, 10**9)
    (0.125, True, inf, 0.0)
    """
    whole = _power(factor, times)
    if 0 < whole < math.inf or lr == 0:
        return lr * whole if lr else 0.0
    return lr * _power(factor, times // 2) * _power(factor, times - times // 2)


def _power(base: float, exponent: int) -> float:
    try:
        return float(base) ** exponent
    except OverflowError:
        return math.inf


#: name -> curve
CURVES = {"cos": cosine, "linear": linear}
