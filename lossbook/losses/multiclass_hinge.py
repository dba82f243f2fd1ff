"""Hinge loss for more than two classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lossbook.checks import Array
from lossbook.losses.base import reduce
from lossbook.losses.class_loss import ClassLoss, one_hot, pick


@dataclass(frozen=True)
class MultiClassHinge(ClassLoss):
    r"""Multi-class hinge loss: each wrong class pays unless it lies a margin of 1 below the true one.

    The rule, for scores :math:`s` of K classes:
    :math:`\ell_n = \frac{w_{y_n}}{K} \sum_{k \ne y_n} \max(0, 1 - s_{n y_n} + s_{nk})`.

    Args:
        reduction: "mean", "sum", or "none" (one value per example); the mean divides by N, as torch does.
        weights: one weight per class, or None for ones.

    Unit: that of the scores.

    >>> import numpy as np
    >>> float(MultiClassHinge().value(np.array([[2.0, 1.5, 0.0]]), np.array([0])))  # only class 1 is too near
    0.16666666666666666

    Reference: Weston and Watkins, Support Vector Machines for Multi-Class Pattern Recognition (ESANN 1999), section 2.
    """

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` is scores (N, K), ``target`` (N,) classes 0..K-1."""
        xp = self._check(pred, target)
        return reduce(xp, xp.sum(self._shortfall(xp, pred, target), axis=-1), self.reduction)

    def grad(self, pred: Array, target: Array) -> Array:
        """A subgradient with respect to the scores, (N, K); 0 at the kinks."""
        xp = self._check(pred, target)
        late = xp.astype(self._shortfall(xp, pred, target) > 0, pred.dtype) * self._scale(xp, pred, target)
        grad = late - one_hot(xp, target, pred) * xp.sum(late, axis=-1, keepdims=True)
        return grad / math.prod(target.shape) if self.reduction == "mean" else grad

    def _shortfall(self, xp: Any, pred: Array, target: Array) -> Array:
        """(w_y / K) max(0, 1 - s_y + s_k) for each wrong class k, 0 for the right one; (N, K)."""
        short = 1 - pick(xp, pred, target)[..., None] + pred
        short = xp.where(short < 0, xp.zeros_like(short), short)
        return short * (1 - one_hot(xp, target, pred)) * self._scale(xp, pred, target)

    def _scale(self, xp: Any, pred: Array, target: Array) -> Array:
        """w_y / K, (N, 1)."""
        weights = pick(xp, xp.broadcast_to(self._weights(xp, pred), pred.shape), target)
        return weights[..., None] / pred.shape[-1]

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.MultiMarginLoss``."""
        import torch

        return torch.nn.MultiMarginLoss(weight=self._torch_weight(), reduction=self.reduction)
