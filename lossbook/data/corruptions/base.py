"""What all corruptions share: the check of their examples, and the choice of those that they spoil."""

from __future__ import annotations

import math
from typing import Any, Protocol

import array_api_compat
import numpy as np

from lossbook import checks
from lossbook.checks import Array


class Corruption(Protocol):
    """A frozen object that spoils data in one way, the same at every call."""

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Spoilt inputs (N', ...) and targets (N',) from ``x``, (N, ...), and ``y``, (N,), which stay as they are."""


def check_examples(x: Array, y: Array) -> Any:
    """The namespace of inputs and targets; raises unless there is one target per input."""
    xp = checks.namespace(x=x, y=y)
    checks.not_empty("x", x)
    if y.ndim != 1 or len(x) != len(y):
        raise ValueError(f"y must hold one target per example, got x {tuple(x.shape)} and y {tuple(y.shape)}.")
    return xp


def generator(seed: int) -> np.random.Generator:
    """A random stream of its own, so that spoilt examples do not follow the order of batches from the same seed."""
    return np.random.default_rng([seed, 2])


def choose(rng: np.random.Generator, share: float, n: int) -> np.ndarray:
    """``round(share · n)`` of the numbers 0 to n - 1, in random order; a larger share contains them too."""
    return rng.permutation(n)[: round(share * n)]


def mask(chosen: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """An array of this shape that is true at the chosen flat indices."""
    flat = np.zeros(math.prod(shape), dtype=bool)
    flat[chosen] = True
    return flat.reshape(shape)


def as_array_like(xp: Any, values: np.ndarray, array: Array) -> Array:
    """NumPy values as an array of the library and on the device of ``array``."""
    return xp.asarray(values, device=array_api_compat.device(array))


def select(xp: Any, array: Array, index: np.ndarray) -> Array:
    """The examples of ``array`` at ``index``, in that order."""
    return xp.take(array, as_array_like(xp, index, array), axis=0)
