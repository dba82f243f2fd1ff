"""Losses for a target of two classes, on one score per example: the logit, or a margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import array_api_compat

from lossbook import checks
from lossbook.checks import Array
from lossbook.losses.base import ElementLoss


@dataclass(frozen=True)
class BinaryCrossEntropy(ElementLoss):
    r"""Cross entropy of a sigmoid against a probability, computed from the logit.

    The rule, for the logit :math:`z` and the target :math:`y \in [0, 1]`: :math:`\log(1 + e^z) - y z`, written as
    :math:`(1-y) \max(z, 0) + y \max(-z, 0) + \log(1 + e^{-|z|})`, which cannot overflow and in which no two large
    numbers are subtracted; its slope is :math:`\sigma(z) - y`. With a positive weight :math:`w` (``pos_weight``) it is
    :math:`(1-y) \log(1 + e^z) + w y \log(1 + e^{-z})`, with slope :math:`(1-y)\,\sigma(z) - w y\,\sigma(-z)`.

    Args:
        reduction: "mean", "sum", or "none" (one value per element). The mean divides by the number of elements, with
            ``pos_weight`` too.
        pos_weight: weight of the positive part, in [0, inf): a number, a tuple with one number per column (the last
            axis), or None for 1. If one example in ten is positive, 9 makes both classes count the same.

    Raises:
        ValueError: ``pred`` and ``target`` of different shapes; no element at all; the number of weights is not the
            number of columns.
        TypeError: ``pred`` or ``target`` is no floating array (labels that are integers or bools must be converted).

    Unit: nats. The loss of a model that knows nothing is log 2.

    >>> import numpy as np
    >>> BinaryCrossEntropy(reduction="none").value(np.array([0.0, -1e4]), np.array([1.0, 1.0])).tolist()
    [0.6931471805599453, 10000.0]

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.2.
    """

    unit: ClassVar[str] = "nats"
    pos_weight: float | tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pos_weight is not None:
            checks.each_in_interval("pos_weight", self.pos_weight, "[0, inf)")

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        # One condition for max(z, 0) and |z|: either branch is smooth at 0, so autograd finds the slope σ(0) - y there.
        rest = xp.log1p(xp.exp(-xp.where(pred >= 0, pred, -pred)))  # log(1 + e^{-|z|})
        if self.pos_weight is None:
            return xp.where(pred >= 0, 1 - target, -target) * pred + rest
        positive = xp.where(pred >= 0, pred, xp.zeros_like(pred))  # max(z, 0)
        weight = self._positive_weight(xp, pred)
        return (1 - target) * (positive + rest) + weight * target * (positive - pred + rest)

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        if self.pos_weight is None:
            return sigmoid(xp, pred) - target  # σ(z) - y
        weight = self._positive_weight(xp, pred)
        return (1 - target) * sigmoid(xp, pred) - weight * target * sigmoid(xp, -pred)  # (1-y) σ(z) - w y σ(-z)

    def _positive_weight(self, xp: Any, pred: Array) -> Any:
        """w: a number, or one for each column, (C,), in the dtype and on the device of ``pred``."""
        if not isinstance(self.pos_weight, tuple):
            return self.pos_weight
        columns = pred.shape[-1] if pred.ndim else 0
        if len(self.pos_weight) != columns:
            raise ValueError(f"pos_weight must hold one number per column, {columns}, got {len(self.pos_weight)}.")
        return xp.asarray(self.pos_weight, dtype=pred.dtype, device=array_api_compat.device(pred))

    def check_values(self, pred: Array, target: Array) -> None:
        """Raise if a target is not a probability."""
        super().check_values(pred, target)
        checks.values_in(checks.namespace(target=target), "target", target, 0, 1)

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.BCEWithLogitsLoss``."""
        import torch

        weight = None if self.pos_weight is None else torch.tensor(self.pos_weight)
        return torch.nn.BCEWithLogitsLoss(reduction=self.reduction, pos_weight=weight)


def sigmoid(xp: Any, z: Array) -> Array:
    """1 / (1 + e^{-z}), computed as e^z / (1 + e^z) where z < 0: nothing overflows, and no small result is lost."""
    small = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, xp.ones_like(z), small) / (1 + small)


@dataclass(frozen=True)
class MarginLoss(ElementLoss):
    """A loss of the margin y·s, for labels of -1 or +1, in a floating dtype."""

    def check_values(self, pred: Array, target: Array) -> None:
        """Raise if a label is neither -1 nor +1."""
        super().check_values(pred, target)
        xp = checks.namespace(target=target)
        wrong = target[xp.abs(target) != 1]
        if wrong.shape[0]:
            raise ValueError(f"target must hold -1 or +1 only, got {float(wrong[0])}.")


@dataclass(frozen=True)
class Hinge(MarginLoss):
    r"""Binary hinge loss: 0 once the score is on the right side by a margin of 1.

    The rule, for scores :math:`s` and labels :math:`y \in \{-1, +1\}`: :math:`\max(0, 1 - y s)`, with subgradient
    :math:`-y\,[y s < 1]`, which is 0 exactly at the margin.

    Args:
        reduction: "mean", "sum", or "none" (one value per element).

    Unit: none; the margin of 1 sets the scale of the scores.

    >>> import numpy as np
    >>> Hinge(reduction="none").value(np.array([2.0, 0.5, -1.0]), np.array([1.0, 1.0, 1.0])).tolist()
    [0.0, 0.5, 2.0]

    Reference: Cortes and Vapnik, Support-Vector Networks (1995), section 3.
    Differs from torch: torch has no binary hinge loss by this name; its ``hinge_embedding_loss`` of y·s against -1,
    with margin 1, is the same function.
    """

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        shortfall = 1 - target * pred
        return xp.where(shortfall <= 0, xp.zeros_like(shortfall), shortfall)  # max(0, 1 - ys), and NaN stays NaN

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        return xp.where(target * pred >= 1, xp.zeros_like(target), -target)  # -y [ys < 1]

    def to_torch(self) -> Any:
        """torch's ``hinge_embedding_loss``, called with y·s and a target of -1."""
        import torch

        def hinge(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            product = pred * target
            minus = -torch.ones_like(product)
            return torch.nn.functional.hinge_embedding_loss(product, minus, reduction=self.reduction)

        return hinge


@dataclass(frozen=True)
class SquaredHinge(MarginLoss):
    r"""Squared hinge loss: the hinge's shortfall squared, so that the slope has no jump.

    The rule, for scores :math:`s` and labels :math:`y \in \{-1, +1\}`: :math:`\max(0, 1 - y s)^2`, with gradient
    :math:`-2 y \max(0, 1 - y s)`.

    Args:
        reduction: "mean", "sum", or "none" (one value per element).

    Unit: none; the margin of 1 sets the scale of the scores.

    >>> import numpy as np
    >>> SquaredHinge(reduction="none").value(np.array([2.0, 0.5, -1.0]), np.array([1.0, 1.0, 1.0])).tolist()
    [0.0, 0.25, 4.0]

    Reference: Tang, Deep Learning using Linear Support Vector Machines (2013, arXiv:1306.0239), equation 6.
    Differs from torch: torch has only the multi-class form, ``multi_margin_loss`` with p = 2.
    """

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        return Hinge()._each(xp, pred, target) ** 2  # max(0, 1 - ys)²

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        return -2 * target * Hinge()._each(xp, pred, target)  # -2y max(0, 1 - ys)

    def to_torch(self) -> Any:
        """torch's ``multi_margin_loss`` of the two scores (0, y·s), with p = 2; times 2, the number of classes."""
        import torch

        def squared_hinge(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            product = (pred * target).flatten()
            scores = torch.stack([torch.zeros_like(product), product], dim=-1)
            ones = torch.ones_like(product, dtype=torch.long)
            loss = 2 * torch.nn.functional.multi_margin_loss(scores, ones, p=2, reduction=self.reduction)
            return loss.reshape(pred.shape) if self.reduction == "none" else loss

        return squared_hinge
