"""Metrics: the numbers by which a run is judged, besides its loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from lossbook import checks
from lossbook.checks import Array
from lossbook.precision import working_dtype


@dataclass(frozen=True)
class Accuracy:
    """The share of examples whose largest logit is that of the true class, in [0, 1].

    The true class is given as an index, or as a distribution over the classes, whose most likely class counts. Of
    several equal numbers the first counts; NaN counts as the largest.

    Args:
        ignore_index: the class index of examples that are left out; None to leave out none. If all are left out, the
            accuracy is NaN.

    Raises:
        ValueError: ``target`` does not fit ``logits``; a class index outside 0..K-1; floating targets that are no
            distributions, as those of a regression are.
        TypeError: floating targets of the shape of class indices; ``target`` holds bools.

    >>> import numpy as np
    >>> float(Accuracy().value(np.array([[2.0, 1.0], [2.0, 1.0]]), np.array([0, 1])))
    0.5
    """

    name: ClassVar[str] = "accuracy"  #: for the axis of a plot
    ignore_index: int | None = None

    def __post_init__(self) -> None:
        if self.ignore_index is not None:
            checks.whole_number("ignore_index", self.ignore_index)

    def value(self, logits: Array, target: Array) -> Array:
        """``logits`` is (..., K); ``target`` (...) classes 0..K-1, or (..., K) distributions."""
        xp = checks.namespace(logits=logits, target=target)
        checks.floating(xp, logits=logits)
        dtype = working_dtype(xp, logits.dtype)
        classes = self._classes(xp, logits, target)
        hits = xp.astype(xp.argmax(logits, axis=-1) == classes, dtype)
        if self.ignore_index is None:
            return xp.mean(hits)
        kept = xp.astype(classes != self.ignore_index, dtype)
        count = xp.sum(kept)
        return xp.sum(hits * kept) / xp.where(count > 0, count, math.nan)

    def _classes(self, xp: Any, logits: Array, target: Array) -> Array:
        """The true classes, (...), int64."""
        if xp.isdtype(target.dtype, "real floating"):
            _check_distributions(xp, logits, target)
            return xp.argmax(target, axis=-1)
        checks.integral(xp, target=target)
        checks.class_axis(logits, target)
        checks.not_empty("logits", logits)
        classes = xp.astype(target, xp.int64)
        checks.labels_if_readable(xp, classes, logits.shape[-1], self.ignore_index)
        return classes


@dataclass(frozen=True)
class R2:
    """The share of the target's variance that the prediction explains: 1 - Σ(ŷ-y)²/Σ(y-ȳ)², at most 1.

    A constant target has no variance to explain: R² is NaN if each prediction is right, else -inf.

    Raises:
        ValueError: ``pred`` and ``target`` of different shapes; no element at all.
        TypeError: ``pred`` is no floating array. ``target`` may be integers.

    >>> import numpy as np
    >>> float(R2().value(np.array([[1.0], [3.0]]), np.array([[1.0], [3.0]])))
    1.0
    """

    name: ClassVar[str] = "R²"  #: for the axis of a plot

    def value(self, pred: Array, target: Array) -> Array:
        """``pred`` and ``target`` may have any shape, but the same one."""
        xp = checks.namespace(pred=pred, target=target)
        checks.same_shape(pred=pred, target=target)
        checks.not_empty("pred", pred)
        checks.floating(xp, pred=pred)
        dtype = working_dtype(xp, pred.dtype)
        pred, target = xp.astype(pred, dtype), xp.astype(target, dtype)
        error, variance = xp.sum((pred - target) ** 2), xp.sum((target - xp.mean(target)) ** 2)
        constant = xp.max(target) == xp.min(target)  # the rounded mean of equal numbers may differ from them
        ratio = error / xp.where(constant, math.nan, variance)
        return 1 - xp.where(constant & (error > 0), math.inf, ratio)


def _check_distributions(xp: Any, logits: Array, target: Array) -> None:
    """Raise unless the floating ``target`` holds, for each row of logits, numbers >= 0 that sum to 1."""
    regression = "For a regression write metric=R2()."
    if logits.ndim and tuple(target.shape) == tuple(logits.shape[:-1]):
        raise TypeError(f"target must hold class indices, in an integer dtype, got {target.dtype}. {regression}")
    checks.same_shape(logits=logits, target=target)
    checks.not_empty("logits", logits)
    sums = xp.sum(target, axis=-1)
    if logits.shape[-1] < 2 or not bool(xp.all((target >= 0) & (xp.abs(sums - 1)[..., None] < 2e-2))):
        raise ValueError(f"target must hold class indices, or one distribution over them per row. {regression}")
