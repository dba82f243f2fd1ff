"""Augmentation: images turned, mirrored and shifted at random, as further examples of the same class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.data.images import FLIP_AXIS, check_images, crop, flip, per_example, rotate


@dataclass(frozen=True)
class RandomRotation:
    """Turn each image by an angle of its own, drawn evenly from -degrees to degrees.

    Args:
        degrees: the largest angle, in [0, 180].

    >>> RandomRotation(degrees=10.0).apply(np.ones((4, 28, 28)), np.random.default_rng(0)).shape
    (4, 28, 28)

    Differs from torch: given a batch, torchvision draws one angle for all of it.
    """

    degrees: float = 10.0

    def __post_init__(self) -> None:
        checks.in_interval("degrees", self.degrees, "[0, 180]")

    def apply(self, x: Array, rng: np.random.Generator) -> Array:
        """Images like ``x``, (N, H, W) or (N, C, H, W), turned."""
        checks.has_method("rng", rng, "integers")
        return rotate(x, rng.uniform(-self.degrees, self.degrees, size=len(x)))

    def to_torch(self) -> Any:
        """torchvision's own: ``torchvision.transforms.v2.RandomRotation``."""
        from torchvision.transforms import v2

        return v2.RandomRotation(self.degrees, interpolation=v2.InterpolationMode.BILINEAR)


@dataclass(frozen=True)
class RandomFlip:
    """Mirror each image with probability p. A mirrored 2 or 5 is no digit: here augmentation destroys the label.

    Args:
        p: in [0, 1].
        direction: "horizontal" (left with right) or "vertical" (top with bottom).

    >>> RandomFlip(p=1.0).apply(np.array([[[1, 2], [3, 4]]]), np.random.default_rng(0)).tolist()
    [[[2, 1], [4, 3]]]

    Differs from torch: given a batch, torchvision draws once for all of it.
    """

    p: float = 0.5
    direction: str = "horizontal"

    def __post_init__(self) -> None:
        checks.in_interval("p", self.p, "[0, 1]")
        checks.one_of("direction", self.direction, FLIP_AXIS)

    def apply(self, x: Array, rng: np.random.Generator) -> Array:
        """Images like ``x``, (N, H, W) or (N, C, H, W), some of them mirrored."""
        checks.has_method("rng", rng, "integers")
        xp, flipped = checks.namespace(x=x), flip(x, self.direction)
        chosen = rng.random((len(x), 1, 1)) < self.p
        return xp.where(per_example(xp, x, chosen), flipped, x)

    def to_torch(self) -> Any:
        """torchvision's own: ``v2.RandomHorizontalFlip`` or ``v2.RandomVerticalFlip``."""
        from torchvision.transforms import v2

        return {"horizontal": v2.RandomHorizontalFlip, "vertical": v2.RandomVerticalFlip}[self.direction](self.p)


@dataclass(frozen=True)
class RandomCrop:
    """Put ``padding`` zeros around each image, then cut a square out of it at a random place: a shift.

    Args:
        size: side of the square, in pixels.
        padding: zeros on each side, in pixels.

    >>> RandomCrop(size=28, padding=2).apply(np.ones((4, 1, 28, 28)), np.random.default_rng(0)).shape
    (4, 1, 28, 28)

    Differs from torch: given a batch, torchvision draws one place for all of it.
    """

    size: int = 28
    padding: int = 2

    def __post_init__(self) -> None:
        checks.whole_number("size", self.size, 1)
        checks.whole_number("padding", self.padding, 0)

    def apply(self, x: Array, rng: np.random.Generator) -> Array:
        """Images, (N, size, size) or (N, C, size, size), from ``x``, (N, H, W) or (N, C, H, W)."""
        checks.has_method("rng", rng, "integers")
        _, sides = check_images(x)
        room = [side + 2 * self.padding - self.size for side in sides]
        if min(room) < 0:
            raise ValueError(f"size must be at most {min(sides) + 2 * self.padding}, with padding, got {self.size}.")
        top, left = (rng.integers(0, space, size=len(x), endpoint=True) - self.padding for space in room)
        return crop(x, top, left, self.size, self.size)

    def to_torch(self) -> Any:
        """torchvision's own: ``torchvision.transforms.v2.RandomCrop``."""
        from torchvision.transforms import v2

        return v2.RandomCrop(self.size, padding=self.padding)


#: name -> the augmentation with its usual settings
AUGMENTATIONS = {
    "rotation": RandomRotation(),
    "horizontal flip": RandomFlip(),
    "vertical flip": RandomFlip(direction="vertical"),
    "crop": RandomCrop(),
}
