"""The same value for every element."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lossbook import checks
from lossbook.initializers.base import Shape, check_sample


@dataclass(frozen=True)
class Zeros:
    """Zero everywhere: right for a bias, wrong for a weight, since then all neurons of the layer stay the same.

    >>> Zeros().sample((2, 2), np.random.default_rng(0)).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """

    def sample(self, shape: Shape, rng: np.random.Generator) -> np.ndarray:
        """Zeros of this shape, float64; ``rng`` is not touched."""
        check_sample(shape, rng)
        return np.zeros(shape)

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.init.zeros_``."""
        import torch

        return torch.nn.init.zeros_


@dataclass(frozen=True)
class Constant:
    """One value everywhere. As a weight it makes all neurons of a layer the same, for ever.

    Args:
        value: the value, in parameter units, in (-inf, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> Constant(0.1).sample((3,), np.random.default_rng(0)).tolist()
    [0.1, 0.1, 0.1]
    """

    value: float

    def __post_init__(self) -> None:
        checks.in_interval("value", self.value, "(-inf, inf)")

    def sample(self, shape: Shape, rng: np.random.Generator) -> np.ndarray:
        """The value in this shape, float64; ``rng`` is not touched."""
        check_sample(shape, rng)
        return np.full(shape, float(self.value))

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.init.constant_``."""
        import torch

        return partial(torch.nn.init.constant_, val=self.value)
