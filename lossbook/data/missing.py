"""Missing values: NaN in an array stands for "not known"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lossbook import checks
from lossbook.checks import Array
from lossbook.data.fitted import Statistic, features, first, like, statistic


def missing_share(x: Array, axis: int | None = None) -> Statistic:
    """The share of NaN in all of ``x``, or with ``axis=0`` in each feature.

    >>> import numpy as np
    >>> missing_share(np.array([[1.0, np.nan], [2.0, 3.0]])), missing_share(np.array([[np.nan, 3.0]]), axis=0)
    (0.25, (1.0, 0.0))
    """
    xp, table = features(axis, x=x)
    return statistic(xp.mean(xp.astype(xp.isnan(table), table.dtype), axis=0), axis)


@dataclass(frozen=True)
class Impute:
    r"""Replace each missing number.

    The rule, for a feature :math:`x` with the fitted number :math:`c` (``value``): :math:`c` where :math:`x` is NaN,
    else :math:`x`. ``Impute(c)`` puts in a constant; :meth:`fit` chooses the mean or the median.

    Args:
        value: in the unit of the feature; one number for all features, or a tuple with one for each, in the order of a
            flattened example.

    Raises:
        ValueError: a number that is not finite.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> train = np.array([[1.0, 5.0], [np.nan, 6.0], [9.0, 13.0]])
    >>> Impute.fit(train, "median")
    Impute(value=(5.0, 6.0))
    >>> Impute.fit(train, "mean").transform(train)[1].tolist()
    [5.0, 6.0]

    Reference: Little and Rubin, Statistical Analysis with Missing Data, chapter 4.
    Differs from torch: torch has none; ``torch.nan_to_num`` replaces infinities too, and NaN by one number.
    """

    value: Statistic = 0.0

    def __post_init__(self) -> None:
        checks.each_in_interval("value", self.value, "(-inf, inf)")

    @classmethod
    def fit(cls, train: Array, strategy: str = "mean", axis: int | None = 0) -> Impute:
        """Measure the numbers of ``train``, (N, ...), that are not NaN, in float64.

        Args:
            strategy: "mean" or "median".
            axis: 0 measures each feature separately, None all of them together.
        """
        checks.one_of("strategy", strategy, STRATEGIES)
        xp, x = features(axis, train=train)
        empty = xp.all(xp.isnan(x), axis=0)
        if xp.any(empty):
            raise ValueError(f"train must hold a number in every feature, got only NaN in column {first(empty)}.")
        return cls(statistic(STRATEGIES[strategy](xp, x), axis))

    def transform(self, x: Array) -> Array:
        """``x``, (N, ...), without NaN."""
        xp, wide, (value,) = like(x, self.value)
        return xp.astype(xp.where(xp.isnan(wide), value, wide), x.dtype)


def _mean(xp: Any, x: Array) -> Array:
    there = xp.astype(~xp.isnan(x), x.dtype)
    return xp.sum(xp.where(there == 1, x, 0.0), axis=0) / xp.sum(there, axis=0)


def _median(xp: Any, x: Array) -> Array:
    ordered = xp.sort(x, axis=0)  # NaN comes last
    count = xp.sum(xp.astype(~xp.isnan(x), xp.int64), axis=0)
    middle = xp.stack([(count - 1) // 2, count // 2])  # the same row twice where the count is odd
    return xp.mean(xp.take_along_axis(ordered, middle, axis=0), axis=0)


#: name -> function that gives the number to put in for a column's missing ones
STRATEGIES: dict[str, Callable[[Any, Array], Array]] = {"mean": _mean, "median": _median}
