"""Half precision: squares and sums of float16 leave its range, so they are formed in float32 and rounded at the end."""

from __future__ import annotations

import functools
from typing import Any

from lossbook.checks import Array


@functools.cache
def is_half(dtype: Any) -> bool:
    """Whether a dtype of NumPy or torch has 16 bits: float16 or bfloat16."""
    return getattr(dtype, "name", str(dtype)).removeprefix("torch.") in ("float16", "bfloat16")


def working_dtype(xp: Any, dtype: Any) -> Any:
    """The dtype to compute in with arrays of this ``dtype``: float32 for half precision, else ``dtype`` itself."""
    return xp.float32 if is_half(dtype) else dtype


def widened(xp: Any, x: Array) -> Array:
    """The array in float32 if it is in half precision, else the array itself."""
    return xp.astype(x, xp.float32) if is_half(x.dtype) else x


def rounded(xp: Any, x: Array, dtype: Any) -> Array:
    """The array in ``dtype``; the array itself if it has this dtype already."""
    return x if x.dtype == dtype else xp.astype(x, dtype)
