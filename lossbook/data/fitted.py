"""Fitted numbers as plain tuples, so that a fitted step is a value: printable, comparable, hashable."""

from __future__ import annotations

import math
from typing import Any

import array_api_compat

from lossbook import checks
from lossbook.checks import Array

Statistic = float | tuple[float, ...]  #: one number for all features, or one for each, in a flattened example's order


def features(axis: int | None, **array: Array) -> tuple[Any, Array]:
    """The namespace, and one named array in float64 as a table: a column for each feature, or a single one for all."""
    ((name, x),) = array.items()
    xp = checks.namespace(**array)
    checks.floating(xp, **array)
    checks.not_empty(name, x)
    if axis not in (0, None) or isinstance(axis, bool):
        raise ValueError(f"axis must be 0 (each feature separately) or None (all together), got {axis!r}.")
    rows = x.shape[0] if axis == 0 else math.prod(x.shape)
    return xp, xp.reshape(xp.astype(x, xp.float64), (rows, -1))


def statistic(values: Array, axis: int | None) -> Statistic:
    """The field for these numbers, one per column: a single number if ``axis`` is None, else a tuple."""
    return float(values[0]) if axis is None else tuple(values.tolist())


def scaled_features(train: Array, axis: int | None, constant: str) -> tuple[Any, Array, Array]:
    """As :func:`features`, and which columns never change. NaN and infinity raise; so do such columns, unless kept."""
    checks.one_of("constant", constant, ("raise", "keep"))
    xp, table = features(axis, train=train)
    bad = xp.any(~xp.isfinite(table), axis=0)
    if xp.any(bad):
        raise ValueError(f"train must be finite, got NaN or infinity in column {first(bad)}.")
    still = xp.max(table, axis=0) == xp.min(table, axis=0)  # exact, where a computed deviation would be 1e-17
    if constant == "raise" and xp.any(still):
        column = first(still)
        raise ValueError(
            f"train must vary in every feature, got {float(table[0, column])!r} throughout column {column}; "
            'constant="keep" lets it pass.'
        )
    return xp, table, still


def first(hits: Array) -> int:
    """The index of the first true entry."""
    return hits.tolist().index(True)


def as_many(**statistics: Statistic) -> None:
    """Raise unless the statistics are all numbers, or all tuples of one length."""
    lengths = {name: len(value) if isinstance(value, tuple) else "one" for name, value in statistics.items()}
    if len(set(lengths.values())) > 1:
        got = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"{' and '.join(lengths)} must hold the same number of numbers, got {got}.")


def like(x: Array, *statistics: Statistic) -> tuple[Any, Array, list[Array]]:
    """The namespace, ``x``, and the statistics as arrays with its dtype and the shape of one of its examples.

    Half precision becomes float32, since a deviation may be 0 or infinite in it; round the result back.
    """
    xp = checks.namespace(x=x)
    checks.floating(xp, x=x)
    wide = xp.astype(x, xp.float32) if x.itemsize < 4 else x
    shape, arrays = tuple(x.shape[1:]), []
    for value in statistics:
        array = xp.asarray(value, dtype=wide.dtype, device=array_api_compat.device(x))
        if array.ndim and array.shape[0] != math.prod(shape):
            raise ValueError(f"x must have {array.shape[0]} features, as in fit(), got shape {tuple(x.shape)}.")
        arrays.append(xp.reshape(array, shape) if array.ndim else array)
    return xp, wide, arrays


def minus(high: Statistic, low: Statistic) -> Statistic:
    """The difference of two statistics, in double precision."""
    if isinstance(high, tuple) and isinstance(low, tuple):
        return tuple(a - b for a, b in zip(high, low, strict=True))
    return high - low  # type: ignore[operator]
