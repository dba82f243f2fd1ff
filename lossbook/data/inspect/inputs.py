"""Checks of the inputs: missing numbers, repeated examples, constant features, and the scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.data.inspect.base import Check, as_numpy


@dataclass(frozen=True)
class NonFinite(Check):
    nan: int
    infinite: int
    first: tuple[int, ...] | None  #: index of the first of them


def non_finite(x: Array) -> NonFinite:
    """How many numbers are missing (NaN) or infinite; ok if none.

    >>> non_finite(np.array([[1.0, np.nan], [np.inf, 2.0]])).sentence
    'NaN: 1, infinite: 1, of 4 numbers.'
    """
    values = as_numpy("x", x)
    nan, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    bad = np.argwhere(~np.isfinite(values))
    first = tuple(bad[0].tolist()) if len(bad) else None
    return NonFinite(
        first is None, f"NaN: {nan}, infinite: {infinite}, of {values.size} numbers.", nan, infinite, first
    )


@dataclass(frozen=True)
class Repeats(Check):
    count: int  #: number of examples that occur earlier, or in the training data
    first: tuple[int, int] | None  #: (index of an example, index of its first repeat)


def duplicates(x: Array) -> Repeats:
    """How many examples equal an earlier one bit for bit; ok if none.

    >>> duplicates(np.array([[1, 2], [3, 4], [1, 2]])).sentence
    'Repeated examples: 1 of 3.'
    """
    seen: dict[bytes, int] = {}
    pairs = [(first, i) for i, row in enumerate(_bytes("x", x)) if (first := seen.setdefault(row, i)) != i]
    return Repeats(not pairs, f"Repeated examples: {len(pairs)} of {len(x)}.", len(pairs), next(iter(pairs), None))


def leakage(train_x: Array, val_x: Array) -> Repeats:
    """How many held-out examples occur in the training data too, bit for bit; ok if none.

    >>> leakage(np.array([[1, 2], [3, 4]]), np.array([[3, 4]])).sentence
    'Held-out examples that were trained on: 1 of 1.'
    """
    train, val = as_numpy("train_x", train_x), as_numpy("val_x", val_x)
    if train.dtype != val.dtype or train.shape[1:] != val.shape[1:]:
        got = f"{train.dtype} {train.shape} and {val.dtype} {val.shape}"
        raise ValueError(f"train_x and val_x must hold examples of one shape and dtype, got {got}.")
    seen = {row: i for i, row in enumerate(_bytes("train_x", train))}
    pairs = [(seen[row], i) for i, row in enumerate(_bytes("val_x", val)) if row in seen]
    sentence = f"Held-out examples that were trained on: {len(pairs)} of {len(val)}."
    return Repeats(not pairs, sentence, len(pairs), next(iter(pairs), None))


@dataclass(frozen=True)
class ConstantFeatures(Check):
    columns: tuple[int, ...]  #: where in a flattened example
    features: int  #: number of all features


def constant_features(x: Array) -> ConstantFeatures:
    """Which features are the same in all examples; ok if some are not. They carry no information.

    >>> constant_features(np.array([[1.0, 2.0], [1.0, 3.0]])).sentence
    'Features that never change: 1 of 2.'
    """
    table = as_numpy("x", x).reshape(len(x), -1)
    columns = tuple(np.flatnonzero((table == table[0]).all(axis=0)).tolist())
    sentence = f"Features that never change: {len(columns)} of {table.shape[1]}."
    return ConstantFeatures(len(columns) < table.shape[1], sentence, columns, table.shape[1])


@dataclass(frozen=True)
class FeatureRanges(Check):
    low: float
    high: float
    mean: float  #: of all numbers
    std: float  #: of all numbers
    ratio: float  #: of all features that vary, the largest standard deviation divided by the median one


def feature_ranges(x: Array, at_most: float = 10.0) -> FeatureRanges:
    """The scale of the finite numbers; ok if std, 1/std, |mean|/std and ratio are at most ``at_most``.

    >>> feature_ranges(np.array([[0.0, 0.0], [1.0, 255.0]])).sentence
    'Inputs lie between 0 and 255, mean 64, standard deviation 110; the widest feature varies 1.99 times the median.'
    """
    checks.in_interval("at_most", at_most, "[1, inf)")
    table = as_numpy("x", x).reshape(len(x), -1).astype(np.float64)
    finite = np.isfinite(table)
    if not finite.any():
        raise ValueError(f"x must hold a finite number, got none in shape {tuple(x.shape)}.")
    values = table[finite]
    low, high, mean, std = (float(f(values)) for f in (np.min, np.max, np.mean, np.std))
    spreads = np.ma.masked_array(table, ~finite).std(axis=0).filled(0)
    vary = spreads[spreads > 0]
    ratio = float(vary.max() / np.median(vary)) if len(vary) else 1.0
    sentence = (
        f"Inputs lie between {low:.3g} and {high:.3g}, mean {mean:.3g}, standard deviation {std:.3g}; "
        f"the widest feature varies {ratio:.3g} times the median."
    )
    ok = 1 / at_most <= std <= at_most and abs(mean) <= at_most * std and ratio <= at_most
    return FeatureRanges(ok, sentence, low, high, mean, std, ratio)


def _bytes(name: str, x: Array) -> list[bytes]:
    return [row.tobytes() for row in as_numpy(name, x)]
