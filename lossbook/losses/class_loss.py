"""Losses for a target of K classes: one row of K numbers per example against the index of the true class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import array_api_compat

from lossbook import checks
from lossbook.checks import Array
from lossbook.losses.base import Loss, reduce
from lossbook.precision import rounded, working_dtype


def log_softmax(xp: Any, logits: Array) -> Array:
    """log(softmax(logits)) over the last axis; the row's maximum is subtracted first, so that exp cannot overflow."""
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def pick(xp: Any, rows: Array, target: Array) -> Array:
    """The entry of each row at its class: ``rows`` (N, K), ``target`` (N,), result (N,)."""
    return xp.take_along_axis(rows, target[..., None], axis=-1)[..., 0]


def one_hot(xp: Any, target: Array, like: Array) -> Array:
    """[k = y_n], (N, K), in the dtype and on the device of ``like`` (N, K)."""
    classes = xp.arange(like.shape[-1], device=array_api_compat.device(like))
    return xp.astype(target[..., None] == classes, like.dtype)


def is_distribution(xp: Any, rows: Array) -> bool:
    """Whether every row holds numbers >= 0 that sum to 1, up to rounding, of which half precision has more."""
    rounding = 1e-3 if rows.itemsize > 2 else 2e-2
    return bool(xp.all(rows >= 0)) and bool(xp.all(xp.abs(xp.sum(rows, axis=-1) - 1) < rounding))


@dataclass(frozen=True)
class ClassLoss(Loss):
    """A loss of K numbers per example, and a weight for each class.

    Each subclass defines :meth:`_each`, the loss of each example, and, directly below, its derivative :meth:`_slope`.

    Class indices may have any integer dtype, on NumPy and in torch. On the CPU every call refuses an index outside
    0..K-1. Elsewhere such an example makes loss and gradient NaN: on another device each step would have to wait for
    the check, and inside vmap or ``torch.compile`` the labels cannot be read.

    Raises:
        ValueError: the shape of ``target`` is not that of ``pred`` without its last axis; no example at all; a class
            index outside 0..K-1; the number of weights is not the number of classes.
        TypeError: ``pred`` is no floating array, or ``target`` no integer array (bool is refused).
    """

    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weights is not None:
            if not isinstance(self.weights, tuple):
                raise TypeError(f"weights must be a tuple of numbers, one per class, or None, got {self.weights!r}.")
            for index, weight in enumerate(self.weights):
                checks.in_interval(f"weights[{index}]", weight, "[0, inf)")
        if self._ignored is not None:
            checks.whole_number("ignore_index", self._ignored)

    @property
    def _ignored(self) -> int | None:
        """The knob ``ignore_index``, for losses that have it."""
        return getattr(self, "ignore_index", None)

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` is (N, K), ``target`` (N,) classes 0..K-1."""
        xp, rows, classes, counts = self._prepare(pred, target)
        values = self._each(xp, rows, classes)
        values = values if counts is None else values * counts
        if self.reduction == "mean":
            return rounded(xp, xp.sum(values) / self._total(xp, rows, classes, counts), pred.dtype)
        return rounded(xp, reduce(xp, values, self.reduction), pred.dtype)

    def grad(self, pred: Array, target: Array) -> Array:
        """The gradient with respect to ``pred``, (N, K), in its dtype."""
        xp, rows, classes, counts = self._prepare(pred, target)
        grad = self._slope(xp, rows, classes)
        if self.reduction == "mean":
            grad = grad / self._total(xp, rows, classes, counts)
        if counts is not None:
            grad = xp.where(counts[..., None] == 0, xp.zeros_like(grad), grad * counts[..., None])
        return rounded(xp, grad, pred.dtype)

    def check_values(self, pred: Array, target: Array) -> None:
        """Raise if a class index is not among 0..K-1."""
        super().check_values(pred, target)
        xp = checks.namespace(pred=pred, target=target)
        if xp.isdtype(target.dtype, "integral"):
            checks.labels(xp, rounded(xp, target, xp.int64), pred.shape[-1], self._ignored)

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        raise NotImplementedError

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        raise NotImplementedError

    def _prepare(self, pred: Array, target: Array) -> tuple[Any, Array, Array, Array | None]:
        """The namespace, ``pred`` in the dtype to compute in, classes in 0..K-1, and the count of each example.

        The count is 0 for an ignored example, and NaN for a class out of range that could not be refused; None stands
        for all ones. The row of an ignored example becomes 0, so that even a NaN in it has no effect.
        """
        xp = checks.namespace(pred=pred, target=target)
        checks.floating(xp, pred=pred)
        checks.integral(xp, target=target)
        checks.class_axis(pred, target)
        checks.not_empty("pred", pred)
        rows, classes = rounded(xp, pred, working_dtype(xp, pred.dtype)), rounded(xp, target, xp.int64)
        seen = checks.labels_if_readable(xp, classes, pred.shape[-1], self._ignored)
        if seen and self._ignored is None:
            return xp, rows, classes, None
        known = (classes >= 0) & (classes < pred.shape[-1])
        counts = xp.where(known, xp.ones_like(rows[..., 0]), math.nan)
        if self._ignored is not None:
            kept = classes != self._ignored
            counts, rows = xp.where(kept, counts, 0.0), xp.where(kept[..., None], rows, 0.0)
        return xp, rows, xp.where(counts == 1, classes, 0), counts

    def _weights(self, xp: Any, pred: Array) -> Any:
        """One weight per class, (K,), in the dtype and on the device of ``pred``; the number 1 if there are none."""
        if self.weights is None:
            return 1.0
        if len(self.weights) != pred.shape[-1]:
            raise ValueError(f"weights must hold one number per class, {pred.shape[-1]}, got {len(self.weights)}.")
        return xp.asarray(self.weights, dtype=pred.dtype, device=array_api_compat.device(pred))

    def _weight_of_each(self, xp: Any, pred: Array, target: Array) -> Any:
        """w_y, (N,), or the number 1."""
        weights = self._weights(xp, pred)
        return weights if self.weights is None else pick(xp, xp.broadcast_to(weights, pred.shape), target)

    def _total(self, xp: Any, pred: Array, target: Array, counts: Array | None) -> Any:
        """The divisor of a mean: the sum of the examples' weights, or NaN if that sum is 0."""
        weights = self._weight_of_each(xp, pred, target)
        if counts is None and self.weights is None:
            return math.prod(target.shape)
        total = xp.sum(weights if counts is None else weights * counts)
        return xp.where(total > 0, total, math.nan)

    def _torch_weight(self) -> Any:
        import torch

        return None if self.weights is None else torch.tensor(self.weights)
