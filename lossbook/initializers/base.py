"""The protocol of every initialiser: a frozen object that draws the first values of one parameter."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np

from lossbook import checks

Shape = tuple[int, ...]


class Initializer(Protocol):
    def sample(self, shape: Shape, rng: np.random.Generator) -> np.ndarray:
        """First values for a parameter of this shape, float64. The same ``rng`` state gives the same values."""

    def to_torch(self) -> Any:
        """torch's own function, which fills a tensor in place: the same distribution, other random numbers."""


def check_sample(shape: Shape, rng: np.random.Generator) -> None:
    """Raise unless ``shape`` is the shape of a parameter and ``rng`` a random generator."""
    if not isinstance(shape, tuple) or not shape:
        raise TypeError(f"shape must be a tuple of at least one whole number, got {shape!r}.")
    for index, size in enumerate(shape):
        checks.whole_number(f"shape[{index}]", size, 1)
    checks.has_method("rng", rng, "random")


def check_weight(shape: Shape) -> None:
    """Raise unless ``shape`` is that of a weight, with outputs and inputs; a bias has neither."""
    if len(shape) < 2:
        raise ValueError(f"shape must have at least 2 axes, outputs and inputs, got {shape!r}.")


def fan(shape: Shape) -> tuple[int, int]:
    """How many inputs feed one output of a layer with a weight of this shape, and how many outputs one input feeds.

    Returns (fan_in, fan_out); ``shape`` is (out, in) for a dense layer, (out, in, kernel sides ...) for a convolution.

    >>> fan((10, 784)), fan((64, 32, 3, 3))
    ((784, 10), (288, 576))
    """
    check_weight(shape)
    outputs, inputs, *kernel = shape
    field = math.prod(kernel)  # pixels of the kernel; 1 for a dense layer
    return inputs * field, outputs * field
