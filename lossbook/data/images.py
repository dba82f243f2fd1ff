"""Geometry of images: turn, mirror, cut. Nothing here is random; see :mod:`lossbook.data.augment`."""

from __future__ import annotations

from typing import Any

import array_api_compat
import numpy as np

from lossbook import checks
from lossbook.checks import Array

FLIP_AXIS = {"horizontal": -1, "vertical": -2}  #: left with right, top with bottom


def rotate(x: Array, degrees: float | np.ndarray) -> Array:
    r"""Turn images about their centre, anticlockwise; bilinear between pixels, 0 beyond the edges.

    The rule, for :math:`(r, c)`, a pixel's row and column counted from the centre, and the angle :math:`\varphi`: its
    new value is the old one at row :math:`r\cos\varphi + c\sin\varphi`, column :math:`c\cos\varphi - r\sin\varphi`,
    a mean of the four nearest pixels, in which a nearer one weighs more.

    Args:
        x: images, (N, H, W) or (N, C, H, W), floating.
        degrees: the angle; one for all images, or an array (N,) with one for each.

    >>> corner = np.array([[[1.0, 0.0], [0.0, 0.0]]])
    >>> rotate(corner, 90.0).round(12).tolist()  # top left goes to bottom left
    [[[0.0, 0.0], [1.0, 0.0]]]

    Differs from torch: torchvision's ``rotate`` with ``InterpolationMode.BILINEAR`` takes one angle for all images, and
    rounds integer images, which are refused here.
    """
    xp, (height, width) = check_images(x)
    checks.floating(xp, x=x)
    angle = np.deg2rad(_per_image("degrees", degrees, len(x)))
    r = (np.arange(height) - (height - 1) / 2)[:, None]
    c = np.arange(width) - (width - 1) / 2
    rows = r * np.cos(angle) + c * np.sin(angle) + (height - 1) / 2  # r cos φ + c sin φ, counted from the top again
    cols = c * np.cos(angle) - r * np.sin(angle) + (width - 1) / 2  # c cos φ - r sin φ, from the left
    top, left = np.floor(rows), np.floor(cols)
    turned = xp.zeros_like(x)
    for row, col in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        weight = (1 - np.abs(rows - row)) * (1 - np.abs(cols - col))  # 1 on the pixel, 0 one pixel away
        turned = turned + per_example(xp, x, weight, x.dtype) * _pick(xp, x, row, col)
    return turned


def flip(x: Array, direction: str = "horizontal") -> Array:
    """Mirror images, (N, H, W) or (N, C, H, W): "horizontal" swaps left and right, "vertical" top and bottom.

    >>> flip(np.array([[[1, 2], [3, 4]]])).tolist(), flip(np.array([[[1, 2], [3, 4]]]), "vertical").tolist()
    ([[[2, 1], [4, 3]]], [[[3, 4], [1, 2]]])
    """
    checks.one_of("direction", direction, FLIP_AXIS)
    xp, _ = check_images(x)
    flipped = xp.flip(x, axis=FLIP_AXIS[direction])
    return flipped.copy() if isinstance(flipped, np.ndarray) else flipped  # NumPy gives a view of the images


def crop(x: Array, top: int | np.ndarray, left: int | np.ndarray, height: int, width: int) -> Array:
    """Cut a window out of images, (N, H, W) or (N, C, H, W); its part beyond the edges is 0.

    Args:
        top, left: where the window starts, in pixels, negative to start outside; one for all images, or an array (N,).
        height, width: the window's size, in pixels.

    >>> crop(np.array([[[1, 2], [3, 4]]]), top=1, left=-1, height=1, width=3).tolist()
    [[[0, 3, 4]]]
    """
    checks.whole_number("height", height, 1)
    checks.whole_number("width", width, 1)
    xp, _ = check_images(x)
    rows = _per_image("top", top, len(x), "integral") + np.arange(height)[:, None]
    cols = _per_image("left", left, len(x), "integral") + np.arange(width)
    return _pick(xp, x, rows, cols)


def check_images(x: Array) -> tuple[Any, tuple[int, int]]:
    """The namespace of images, and their height and width."""
    xp = checks.namespace(x=x)
    if x.ndim not in (3, 4):
        raise ValueError(f"x must be images, (N, H, W) or (N, C, H, W), got shape {tuple(x.shape)}.")
    checks.not_empty("x", x)
    return xp, tuple(x.shape[-2:])


def _per_image(name: str, value: Any, n: int, kind: str = "numeric") -> np.ndarray:
    """One number for all images, or one for each, as an array (1 or N, 1, 1)."""
    values = np.asarray(value)
    if not np.isdtype(values.dtype, kind) or values.shape not in ((), (n,)):
        raise TypeError(f"{name} must be one {kind} value, or an array of {n}, one per image, got {value!r}.")
    return values.reshape(-1, 1, 1)


def per_example(xp: Any, x: Array, values: np.ndarray, dtype: Any = None) -> Array:
    """NumPy's (1 or N, H', W') as an array that broadcasts against ``x``, on its device."""
    array = xp.asarray(values, dtype=dtype, device=array_api_compat.device(x))
    return array[:, None] if x.ndim == 4 else array


def _pick(xp: Any, x: Array, rows: np.ndarray, cols: np.ndarray) -> Array:
    """The pixels of ``x`` at these rows and columns, (1 or N, H', W'); 0 where there is none."""
    height, width = x.shape[-2:]
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    index = per_example(xp, x, np.where(inside, rows * width + cols, 0).astype(np.int64))
    pixels = xp.reshape(x, (*x.shape[:-2], height * width))
    picked = xp.take_along_axis(pixels, xp.reshape(index, (*index.shape[:-2], -1)), axis=-1)
    return xp.where(per_example(xp, x, inside), xp.reshape(picked, (*x.shape[:-2], *index.shape[-2:])), 0)
