"""Losses for a target of K classes: one row of K numbers per example against the index of the true class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import array_api_compat

from lossbook import checks
from lossbook.checks import Array
from lossbook.losses.base import Loss, reduce


def log_softmax(xp: Any, logits: Array) -> Array:
    """log(softmax(logits)) over the last axis; the row's maximum is taken out first, so that exp cannot overflow."""
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def pick(xp: Any, rows: Array, target: Array) -> Array:
    """From each row the entry of its class: ``rows`` (N, K), ``target`` (N,), result (N,)."""
    return xp.take_along_axis(rows, target[..., None], axis=-1)[..., 0]


def one_hot(xp: Any, target: Array, like: Array) -> Array:
    """[k = y_n], (N, K), in the dtype and on the device of ``like`` (N, K)."""
    classes = xp.arange(like.shape[-1], device=array_api_compat.device(like))
    return xp.astype(target[..., None] == classes, like.dtype)


def is_distribution(xp: Any, rows: Array) -> bool:
    """Whether every row holds numbers >= 0 that sum to 1."""
    return bool(xp.all(rows >= 0)) and bool(xp.all(xp.abs(xp.sum(rows, axis=-1) - 1) < 1e-3))


@dataclass(frozen=True)
class ClassLoss(Loss):
    """A loss of K numbers per example, and a weight for each class.

    Raises:
        ValueError: ``target`` is not of the shape of ``pred`` without its last axis; no example at all; not as many
            weights as classes.
        TypeError: ``pred`` is no floating array, or ``target`` no integer array.
    """

    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weights is not None:
            if not isinstance(self.weights, tuple):
                raise TypeError(f"weights must be a tuple of numbers, one per class, or None, got {self.weights!r}.")
            for index, weight in enumerate(self.weights):
                checks.in_interval(f"weights[{index}]", weight, "[0, inf)")

    def _check(self, pred: Array, target: Array) -> Any:
        xp = checks.namespace(pred=pred, target=target)
        checks.floating(xp, pred=pred)
        checks.integral(xp, target=target)
        checks.class_axis(pred, target)
        checks.not_empty("pred", pred)
        return xp

    def _weights(self, xp: Any, pred: Array) -> Array:
        """One weight per class, (K,), in the dtype and on the device of ``pred``; ones if there are none."""
        classes = pred.shape[-1]
        if self.weights is not None and len(self.weights) != classes:
            raise ValueError(f"weights must hold one number per class, {classes}, got {len(self.weights)}.")
        weights = self.weights or (1.0,) * classes
        return xp.asarray(weights, dtype=pred.dtype, device=array_api_compat.device(pred))

    def check_values(self, pred: Array, target: Array) -> None:
        """Raise if a class index is not among 0..K-1."""
        super().check_values(pred, target)
        xp = checks.namespace(pred=pred, target=target)
        if xp.isdtype(target.dtype, "integral"):
            checks.labels(xp, target, pred.shape[-1])

    def _reduce(self, xp: Any, values: Array, weights: Array) -> Array:
        """A mean is a weighted one: the sum of the weighted values over the sum of the examples' weights."""
        return xp.sum(values) / xp.sum(weights) if self.reduction == "mean" else reduce(xp, values, self.reduction)

    def _share(self, xp: Any, grad: Array, weights: Array) -> Array:
        """The gradient of :meth:`_reduce`."""
        return grad / xp.sum(weights) if self.reduction == "mean" else grad

    def _torch_weight(self) -> Any:
        import torch

        return None if self.weights is None else torch.tensor(self.weights)
