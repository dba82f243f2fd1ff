"""Scaling: measure the training data, then bring all inputs of the model to that scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.data.fitted import Statistic, as_many, like, minus, scaled_features, statistic
from lossbook.data.missing import Impute


@dataclass(frozen=True)
class Standardize:
    r"""Every feature to mean 0 and standard deviation 1.

    The rule, for a feature :math:`x` with mean :math:`\mu` (``mean``) and standard deviation :math:`\sigma` (``std``)
    over the :math:`N` training examples, :math:`\sigma^2 = \frac1N \sum_n (x_n - \mu)^2`:
    :math:`z = (x - \mu)/\sigma`.

    Args:
        mean, std: in the unit of the feature; one number for all features, or a tuple with one for each, in the order
            of a flattened example. Usually :meth:`fit` computes them.

    Raises:
        ValueError: a number outside its range; different numbers of means and deviations.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> scale = Standardize.fit(np.array([[1.0, 10.0], [3.0, 50.0]]))
    >>> scale
    Standardize(mean=(2.0, 30.0), std=(1.0, 20.0))
    >>> scale.transform(np.array([[3.0, 10.0]])).tolist()
    [[1.0, -1.0]]

    Reference: LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), section 4.3.
    Differs from torch: ``torch.std`` divides by N - 1 by default, this class by N.
    """

    mean: Statistic = 0.0
    std: Statistic = 1.0

    def __post_init__(self) -> None:
        checks.each_in_interval("mean", self.mean, "(-inf, inf)")
        checks.each_in_interval("std", self.std, "(0, inf)")
        as_many(mean=self.mean, std=self.std)

    @classmethod
    def fit(cls, train: Array, axis: int | None = 0, constant: str = "raise") -> Standardize:
        """Measure ``train``, (N, ...), in float64.

        Args:
            axis: 0 measures each feature separately, None all of them together.
            constant: what to do with a feature that never changes: "raise", or "keep" it with a deviation of 1.

        Raises:
            ValueError: a constant feature; NaN or infinity.
        """
        xp, x, still = scaled_features(train, axis, constant)
        mean = xp.mean(x, axis=0)  # μ = 1/N Σ x_n
        std = xp.sqrt(xp.mean((x - mean) ** 2, axis=0))  # σ = √(1/N Σ (x_n - μ)²)
        return cls(statistic(mean, axis), statistic(xp.where(still, 1.0, std), axis))

    def transform(self, x: Array) -> Array:
        """``x``, (N, ...), in units of the deviation."""
        xp, wide, (mean, std) = like(x, self.mean, self.std)
        return xp.astype((wide - mean) / std, x.dtype)  # z = (x - μ) / σ

    def inverse(self, z: Array) -> Array:
        """Back to the feature's own unit."""
        xp, wide, (mean, std) = like(z, self.mean, self.std)
        return xp.astype(std * wide + mean, z.dtype)  # x = σ z + μ

    def to_torch(self) -> Any:
        """torchvision's own: ``torchvision.transforms.v2.Normalize``.

        Raises:
            ValueError: there is one mean for each feature; torchvision needs one for a whole channel.
        """
        from torchvision.transforms import v2

        if isinstance(self.mean, tuple):
            raise ValueError(f"torchvision's Normalize takes one mean for all pixels, got {len(self.mean)} of them.")
        return v2.Normalize([self.mean], [self.std])


@dataclass(frozen=True)
class MinMax:
    r"""Every feature to the interval from 0 to 1.

    The rule, for a feature :math:`x` whose training values lie between :math:`a` (``low``) and :math:`b` (``high``):
    :math:`z = (x - a)/(b - a)`. Other data may fall outside the interval.

    Args:
        low, high: in the unit of the feature; one number for all features, or a tuple with one for each.

    Raises:
        ValueError: ``high`` is not above ``low``; a number that is not finite; different numbers of ``low`` and
            ``high``.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> MinMax.fit(np.array([[2.0], [6.0]])).transform(np.array([[3.0], [8.0]])).tolist()
    [[0.25], [1.5]]

    Differs from torch: torch has none.
    """

    low: Statistic = 0.0
    high: Statistic = 1.0

    def __post_init__(self) -> None:
        checks.each_in_interval("low", self.low, "(-inf, inf)")
        checks.each_in_interval("high", self.high, "(-inf, inf)")
        as_many(low=self.low, high=self.high)
        for low, high in zip(np.ravel(self.low), np.ravel(self.high), strict=True):
            if low >= high:
                raise ValueError(f"high must be above low, got low {low} and high {high}.")

    @classmethod
    def fit(cls, train: Array, axis: int | None = 0, constant: str = "raise") -> MinMax:
        """Measure ``train``; arguments as in :meth:`Standardize.fit`. "keep" gives a constant feature a width of 1."""
        xp, x, still = scaled_features(train, axis, constant)
        low, high = xp.min(x, axis=0), xp.max(x, axis=0)
        return cls(statistic(low, axis), statistic(xp.where(still, low + 1, high), axis))

    def transform(self, x: Array) -> Array:
        """``x``, (N, ...), in units of the training data's width."""
        xp, wide, (low, width) = like(x, self.low, minus(self.high, self.low))
        return xp.astype((wide - low) / width, x.dtype)  # z = (x - a) / (b - a)

    def inverse(self, z: Array) -> Array:
        """Back to the feature's own unit."""
        xp, wide, (low, width) = like(z, self.low, minus(self.high, self.low))
        return xp.astype(low + width * wide, z.dtype)  # x = a + (b - a) z


#: name -> a step with ``fit(train)`` and ``transform(x)``; before ``fit``, scalers change nothing and Impute puts in 0
PREPROCESSORS = {
    "standardize": Standardize(),
    "min-max": MinMax(),
    "impute": Impute(),
}
