"""Random values whose size does not depend on the layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lossbook import checks
from lossbook.initializers.base import Shape, check_sample


@dataclass(frozen=True)
class Normal:
    r"""Normal values of a given standard deviation, around 0.

    The rule, for :math:`\sigma` (``std``): :math:`\theta_i \sim \mathcal N(0, \sigma^2)`.

    Args:
        std: standard deviation, in parameter units, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> Normal(std=0.01).sample((2,), np.random.default_rng(0)).round(4).tolist()
    [0.0013, -0.0013]
    """

    std: float

    def __post_init__(self) -> None:
        checks.in_interval("std", self.std, "[0, inf)")

    def sample(self, shape: Shape, rng: np.random.Generator) -> np.ndarray:
        """Values of this shape, float64."""
        check_sample(shape, rng)
        return rng.normal(0.0, self.std, shape)  # θ_i ~ N(0, σ²)

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.init.normal_``."""
        import torch

        return partial(torch.nn.init.normal_, std=self.std)


@dataclass(frozen=True)
class Uniform:
    r"""Values spread evenly around 0; their standard deviation is :math:`b/\sqrt 3`.

    The rule, for :math:`b` (``bound``): :math:`\theta_i \sim U(-b, b)`.

    Args:
        bound: the largest absolute value, in parameter units, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> Uniform(bound=0.1).sample((2,), np.random.default_rng(0)).round(4).tolist()
    [0.0274, -0.046]
    """

    bound: float

    def __post_init__(self) -> None:
        checks.in_interval("bound", self.bound, "[0, inf)")

    def sample(self, shape: Shape, rng: np.random.Generator) -> np.ndarray:
        """Values of this shape, float64."""
        check_sample(shape, rng)
        return rng.uniform(-self.bound, self.bound, shape)  # θ_i ~ U(-b, b)

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.init.uniform_``."""
        import torch

        return partial(torch.nn.init.uniform_, a=-self.bound, b=self.bound)
