"""Corruptions of the inputs; the labels and the number of examples stay the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lossbook import checks
from lossbook.checks import Array
from lossbook.data.corruptions.base import as_array_like, check_examples, choose, generator, mask


@dataclass(frozen=True)
class MissingValues:
    """Replace some numbers, anywhere in the inputs, by NaN, which stands for "not known".

    Args:
        share: of the numbers, in [0, 1]; round(share · size) of them.
        seed: of the choice. A larger share replaces the same numbers as a smaller one, and more.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type; ``x`` is no floating array.

    >>> import numpy as np
    >>> MissingValues(share=0.5).apply(np.ones((1, 4)), np.zeros(1))[0].tolist()
    [[1.0, nan, nan, 1.0]]
    """

    share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        checks.in_interval("share", self.share, "[0, 1]")
        checks.whole_number("seed", self.seed, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp = _check(x, y)
        chosen = choose(generator(self.seed), self.share, math.prod(x.shape))
        return xp.where(as_array_like(xp, mask(chosen, tuple(x.shape)), x), math.nan, x), y


@dataclass(frozen=True)
class NaNs:
    """Put a few NaN into the inputs: a single one is enough to turn every weight into NaN.

    Args:
        count: how many numbers, at least 0.
        seed: of the choice.

    Raises:
        ValueError: a value outside its range; ``x`` does not hold so many numbers.
        TypeError: a value of another type; ``x`` is no floating array.

    >>> import numpy as np
    >>> NaNs(count=1).apply(np.ones((1, 4)), np.zeros(1))[0].tolist()
    [[1.0, 1.0, nan, 1.0]]
    """

    count: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        checks.whole_number("count", self.count, 0)
        checks.whole_number("seed", self.seed, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp, size = _check(x, y), math.prod(x.shape)
        if self.count > size:
            raise ValueError(f"count must be at most {size}, the numbers that x holds, got {self.count}.")
        chosen = generator(self.seed).permutation(size)[: self.count]
        return xp.where(as_array_like(xp, mask(chosen, tuple(x.shape)), x), math.nan, x), y


@dataclass(frozen=True)
class UnscaledFeatures:
    """Measure some features in a smaller unit, so that their numbers are larger by a factor.

    Args:
        factor: in (0, inf).
        share: of the features, in [0, 1]; round(share · D) of the D numbers of each example, the same in all of them.
        seed: of the choice.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type; ``x`` is no floating array.

    >>> import numpy as np
    >>> UnscaledFeatures(factor=1000.0, share=0.5).apply(np.ones((1, 4)), np.zeros(1))[0].tolist()
    [[1.0, 1000.0, 1000.0, 1.0]]
    """

    factor: float = 1000.0
    share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        checks.in_interval("factor", self.factor, "(0, inf)")
        checks.in_interval("share", self.share, "[0, 1]")
        checks.whole_number("seed", self.seed, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp = _check(x, y)
        return xp.where(_columns(xp, x, self.share, self.seed), x * float(self.factor), x), y


@dataclass(frozen=True)
class ShiftedFeatures:
    """Add a constant to some features: inputs far from 0, all on one side.

    Args:
        by: the number to add, in the unit of the feature.
        share: of the features, in [0, 1]; round(share · D) of the D numbers of each example, the same in all of them.
        seed: of the choice.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type; ``x`` is no floating array.

    >>> import numpy as np
    >>> ShiftedFeatures(by=5.0).apply(np.ones((1, 2)), np.zeros(1))[0].tolist()
    [[6.0, 6.0]]
    """

    by: float = 10.0
    share: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        checks.in_interval("by", self.by, "(-inf, inf)")
        checks.in_interval("share", self.share, "[0, 1]")
        checks.whole_number("seed", self.seed, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp = _check(x, y)
        return xp.where(_columns(xp, x, self.share, self.seed), x + float(self.by), x), y


def _check(x: Array, y: Array) -> Any:
    """The namespace of floating inputs and their targets."""
    xp = check_examples(x, y)
    checks.floating(xp, x=x)
    return xp


def _columns(xp: Any, x: Array, share: float, seed: int) -> Array:
    """Which of an example's numbers are among the chosen share, in the shape of one example."""
    shape = tuple(x.shape[1:])
    return as_array_like(xp, mask(choose(generator(seed), share, math.prod(shape)), shape), x)
