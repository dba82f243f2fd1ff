"""From one loss per example to one number, and what that does to the gradient."""

from __future__ import annotations

import math
from typing import Any

from lossbook.checks import Array

REDUCTIONS = ("mean", "sum", "none")


def reduce(xp: Any, values: Array, reduction: str) -> Array:
    """``values`` averaged ("mean"), added up ("sum"), or as they are ("none")."""
    if reduction == "mean":
        return xp.mean(values)
    if reduction == "sum":
        return xp.sum(values)
    return values


def share(grad: Array, values_shape: tuple[int, ...], reduction: str) -> Array:
    """The gradient of :func:`reduce`: each of the n values weighs 1/n in a mean, and 1 in a sum.

    For "none" it is the gradient of the sum, so that each example keeps the gradient of its own loss.
    """
    return grad / math.prod(values_shape) if reduction == "mean" else grad
