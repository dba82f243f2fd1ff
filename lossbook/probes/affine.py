"""Whether outputs are those of an affine map, or of one behind a sigmoid or the like."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

#: what undoes nothing, an exponential function or a softmax, a sigmoid, a tanh
UNDO: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda given: given,
    lambda given: given.log() - (given.log().mean(-1, keepdim=True) if given.ndim > 1 and given.size(-1) > 1 else 0),
    torch.logit,
    torch.atanh,
)


def superposition(zero: Tensor, left: Tensor, right: Tensor, both: Tensor) -> float | None:
    """The error of f(a) - f(b) + f(0) = f(a - b), over the size of f(a - b) - f(0); None if that is zero.

    Args:
        zero, left, right, both: f(0), f(a), f(b), f(a - b). The least error counts of f and of what makes f by a
            function at its end.
    """
    errors = list[float]()
    for undo in UNDO:
        f0, fa, fb, fab = map(undo, (zero, left, right, both))
        size = float((fab - f0).norm())
        error = float((fa - fb + f0 - fab).norm()) / size if size else math.nan
        errors += [error] if math.isfinite(error) else []
    return min(errors, default=None)


__all__ = ["UNDO", "superposition"]
