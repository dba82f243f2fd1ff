"""Hinge loss for more than two classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lossbook.checks import Array
from lossbook.losses.class_loss import ClassLoss, one_hot, pick


@dataclass(frozen=True)
class MultiClassHinge(ClassLoss):
    r"""Multi-class hinge loss: a wrong class costs something unless its score lies at least 1 below the true one's.

    The rule, for scores :math:`s` of K classes:
    :math:`\ell_n = \frac{w_{y_n}}{K} \sum_{k \ne y_n} \max(0, 1 - s_{n y_n} + s_{nk})`.
    Exactly at the margin the subgradient is 0.

    Args:
        reduction: "mean", "sum", or "none" (one value per example); the mean divides by N, as torch does.
        weights: one weight per class, or None for ones.

    Raises:
        ValueError, TypeError: as :class:`NLL`.

    Unit: none; the margin of 1 sets the scale of the scores.

    >>> import numpy as np
    >>> float(MultiClassHinge().value(np.array([[2.0, 1.5, 0.0]]), np.array([0])))  # only class 1 is too near
    0.16666666666666666

    Reference: Weston and Watkins, Support Vector Machines for Multi-Class Pattern Recognition (ESANN 1999), section 2.
    Differs from torch: NaN in a score makes the loss NaN here; torch leaves out each term that is NaN.
    """

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` is scores (N, K), ``target`` (N,) classes 0..K-1."""
        return super().value(pred, target)

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        return xp.sum(self._shortfall(xp, pred, target) * self._scale(xp, pred, target), axis=-1)

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        late = xp.astype(self._shortfall(xp, pred, target) > 0, pred.dtype) * self._scale(xp, pred, target)
        return late - one_hot(xp, target, pred) * xp.sum(late, axis=-1, keepdims=True)  # 0 at the kinks

    def _shortfall(self, xp: Any, pred: Array, target: Array) -> Array:
        """max(0, 1 - s_y + s_k) for each wrong class k, 0 for the right one; (N, K). NaN stays NaN."""
        short = 1 - pick(xp, pred, target)[..., None] + pred
        return xp.where((short <= 0) | (one_hot(xp, target, pred) > 0), xp.zeros_like(short), short)

    def _scale(self, xp: Any, pred: Array, target: Array) -> Any:
        """w_y / K, (N, 1), or one number for all."""
        weights = self._weight_of_each(xp, pred, target)
        return (weights if self.weights is None else weights[..., None]) / pred.shape[-1]

    def _total(self, xp: Any, pred: Array, target: Array, counts: Array | None) -> Any:
        """The mean divides by N, whatever the weights."""
        return math.prod(target.shape)

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.MultiMarginLoss``."""
        import torch

        return torch.nn.MultiMarginLoss(weight=self._torch_weight(), reduction=self.reduction)
