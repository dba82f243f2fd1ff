"""The result of every check, and how a check reads the numbers of an array."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.data.arrays import read


@dataclass(frozen=True)
class Check:
    """What a check found. ``ok`` is False if training is likely to suffer."""

    ok: bool
    sentence: str


def as_numpy(name: str, array: Array) -> np.ndarray:
    """An array of any library and device as a NumPy array; the results of a check are Python numbers anyway."""
    checks.namespace(**{name: array})
    values = read(name, array)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got dtype {values.dtype}.")
    if values.ndim == 0:
        raise ValueError(f"{name} must have a first axis with one entry per example, got the number {values}.")
    checks.not_empty(name, values)
    return values
