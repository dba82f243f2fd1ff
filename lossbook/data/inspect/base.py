"""What every check gives back, and how it gets at the numbers."""

from __future__ import annotations

from dataclasses import dataclass

import array_api_compat
import numpy as np

from lossbook import checks
from lossbook.checks import Array


@dataclass(frozen=True)
class Finding:
    """What a check found. ``ok`` is False where training is likely to suffer."""

    ok: bool
    sentence: str


def as_numpy(name: str, array: Array) -> np.ndarray:
    """An array of any library and device as NumPy's: what is counted here comes back as Python numbers anyway."""
    checks.namespace(**{name: array})
    checks.not_empty(name, array)
    return np.asarray(array_api_compat.to_device(array, "cpu"))
