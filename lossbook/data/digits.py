"""Data as a value: what an experiment trains on, and how a pixel becomes an input."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from lossbook import checks
from lossbook.data.mnist_files import SOURCES, mnist_arrays

SIDE = 28  # side of an image, in pixels

REFERENCE_SIZE = 512  # training examples on which the reference loss is measured


class Split(NamedTuple):
    train_x: np.ndarray  # (N, ...) inputs, float32
    train_y: np.ndarray  # (N,) targets
    val_x: np.ndarray  # (M, ...) inputs held out from training
    val_y: np.ndarray  # (M,)
    ref_x: np.ndarray | None = None  # clean inputs as the model takes them, for the reference loss
    ref_y: np.ndarray | None = None  # their correct targets; None if the first training examples are clean


@dataclass(frozen=True)
class Normalize:
    """(x - mean) / std on pixels in [0, 1], as ``torchvision.transforms.Normalize``.

    >>> Normalize(mean=0.5, std=0.5)(np.array([0.0, 1.0])).tolist()
    [-1.0, 1.0]
    """

    mean: float = 0.5
    std: float = 0.5

    def __post_init__(self) -> None:
        checks.in_interval("mean", self.mean, "(-inf, inf)")
        checks.in_interval("std", self.std, "(0, inf)")

    def __call__(self, x: np.ndarray) -> np.ndarray:
        result = x - float(self.mean)  # a Python number leaves the dtype of x as it is
        result /= float(self.std)  # in place, since memory traffic is the main cost here
        return result


@dataclass(frozen=True)
class Pool:
    """The mean of each square of ``size`` × ``size`` pixels, followed by ``then``: fewer inputs, for quick nets.

    >>> Digits(train_size=100, train_transform=Pool(), val_transform=Pool()).load().train_x.shape
    (100, 1, 14, 14)

    Raises:
        ValueError: ``size`` does not divide the image's side.
    """

    size: int = 2
    then: Normalize = Normalize()

    def __post_init__(self) -> None:
        checks.whole_number("size", self.size, 1)
        checks.divides("size", self.size, SIDE, "the image's side")

    def __call__(self, x: np.ndarray) -> np.ndarray:
        checks.floating(np, x=x)  # a sum of bytes would overflow
        for side in x.shape[-2:]:
            checks.divides("size", self.size, side, "the image's side")
        parts = [
            x[..., row :: self.size, column :: self.size] for row in range(self.size) for column in range(self.size)
        ]
        return self.then(sum(parts) / x.dtype.type(self.size**2))


@dataclass(frozen=True)
class Digits:
    """MNIST for an experiment: the training digits, and the test digits held out.

    Args:
        source: "embedded" (8,000 and 2,000 digits) or "full" (60,000 and 10,000, downloaded by torchvision).
        train_size: use only the first ``train_size`` training digits; None for all.
        train_transform, val_transform: applied to pixels in [0, 1].

    >>> Digits(train_size=100).load().train_x.shape
    (100, 1, 28, 28)
    """

    source: str = "embedded"
    train_size: int | None = None
    train_transform: Any = Normalize()
    val_transform: Any = Normalize()

    def __post_init__(self) -> None:
        checks.one_of("source", self.source, SOURCES)
        if self.train_size is not None:
            checks.whole_number("train_size", self.train_size, 1)

    def load(self) -> Split:
        """The arrays: inputs (N, 1, 28, 28) in float32, labels (N,) in int64.

        Raises:
            ValueError: ``train_size`` is more than the number of training digits.
            OSError: as :func:`lossbook.data.mnist`.
        """
        arrays = mnist_arrays(self.source)
        there = len(arrays.train_labels)
        if self.train_size is not None and self.train_size > there:
            raise ValueError(
                f"train_size must be at most {there}, the digits of {self.source!r}, got {self.train_size}."
            )
        keep = slice(self.train_size)
        return Split(
            self._inputs("train_images", arrays.train_images[keep], self.train_transform),
            arrays.train_labels[keep],
            self._inputs("test_images", arrays.test_images, self.val_transform),
            arrays.test_labels,
        )

    def _inputs(self, field: str, images: np.ndarray, transform: Any) -> np.ndarray:
        pure = type(transform) is Normalize or (type(transform) is Pool and type(transform.then) is Normalize)
        if self.source == "embedded" and pure:  # any other transform may draw, or give something else at each call
            return _embedded_inputs(field, len(images), transform).copy()
        return transform(_pixels(images))


@lru_cache(maxsize=4)
def _embedded_inputs(field: str, count: int, transform: Any) -> np.ndarray:
    """What ``transform`` makes of the first ``count`` embedded images; kept, since most runs take the same."""
    return transform(_pixels(getattr(mnist_arrays(), field)[:count]))


def _pixels(images: np.ndarray) -> np.ndarray:
    """(N, 28, 28) bytes to (N, 1, 28, 28) float32 in [0, 1]: what torchvision's ``ToTensor`` does."""
    result = images[:, None].astype(np.float32)
    result /= np.float32(255)
    return result
