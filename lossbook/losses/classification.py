"""Losses for a target that names a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import array_api_compat

from lossbook import checks
from lossbook.checks import Array
from lossbook.losses.reduction import REDUCTIONS, reduce, share


def log_softmax(xp: Any, logits: Array) -> Array:
    """log(softmax(logits)) over the last axis; the row's maximum is taken out first, so that exp cannot overflow."""
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


@dataclass(frozen=True)
class SoftmaxCrossEntropy:
    r"""Cross entropy of a softmax against a class index, computed from the logits.

    The rule, for logits :math:`z` (one row per example) and the true class :math:`y`:
    :math:`J = \frac1N \sum_n \bigl(\log\sum_k e^{z_{nk}} - z_{n y_n}\bigr)`, with gradient
    :math:`\partial J/\partial z_{nk} = \frac1N (\mathrm{softmax}(z_n)_k - [k = y_n])`.

    Args:
        reduction: "mean", "sum", or "none" (one value per example).

    Raises:
        ValueError: an unknown reduction; ``target`` is not of the shape of ``logits`` without its last axis; an
            empty batch.
        TypeError: ``logits`` is no floating array or ``target`` no integer array.

    Unit: nats. A net that knows nothing of K classes stands at log K.

    >>> import numpy as np
    >>> loss = SoftmaxCrossEntropy()
    >>> float(loss.value(np.zeros((1, 10)), np.array([3])))  # log 10
    2.302585092994046
    >>> loss.grad(np.zeros((1, 2)), np.array([0])).tolist()
    [[-0.5, 0.5]]

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3.
    Differs from torch: the classes are the last axis here, in torch the second.
    """

    reduction: str = "mean"

    def __post_init__(self) -> None:
        checks.one_of("reduction", self.reduction, REDUCTIONS)

    def _check(self, logits: Array, target: Array) -> Any:
        xp = checks.namespace(logits=logits, target=target)
        checks.floating(xp, logits=logits)
        checks.integral(xp, target=target)
        checks.class_axis(logits, target)
        checks.not_empty("logits", logits)
        return xp

    def value(self, logits: Array, target: Array) -> Array:
        """The loss; ``logits`` is (N, K), ``target`` (N,) with entries in 0..K-1."""
        xp = self._check(logits, target)
        picked = xp.take_along_axis(log_softmax(xp, logits), target[..., None], axis=-1)
        return reduce(xp, -picked[..., 0], self.reduction)  # J = -1/N Σ log softmax(z_n)_{y_n}

    def grad(self, logits: Array, target: Array) -> Array:
        """The gradient with respect to ``logits``, (N, K)."""
        xp = self._check(logits, target)
        classes = xp.arange(logits.shape[-1], device=array_api_compat.device(logits))
        hit = xp.astype(target[..., None] == classes, logits.dtype)  # [k = y_n]
        return share(xp.exp(log_softmax(xp, logits)) - hit, target.shape, self.reduction)

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.CrossEntropyLoss``."""
        import torch

        return torch.nn.CrossEntropyLoss(reduction=self.reduction)


@dataclass(frozen=True)
class Hinge:
    r"""Binary hinge loss: nothing to pay once the score is on the right side by a margin of 1.

    The rule, for scores :math:`s` and labels :math:`y \in \{-1, +1\}`:
    :math:`J = \frac1n \sum_i \max(0, 1 - y_i s_i)`, with subgradient
    :math:`\partial J/\partial s_i = -\frac1n y_i\,[y_i s_i < 1]`.

    Args:
        reduction: "mean", "sum", or "none" (one value per element).

    Raises:
        ValueError: an unknown reduction; ``pred`` and ``target`` of different shapes; an empty batch.
        TypeError: ``pred`` or ``target`` is no floating array.

    Unit: that of the score.

    >>> import numpy as np
    >>> Hinge(reduction="none").value(np.array([2.0, 0.5, -1.0]), np.array([1.0, 1.0, 1.0])).tolist()
    [0.0, 0.5, 2.0]

    Reference: Cortes and Vapnik, Support-Vector Networks (1995), section 3.
    Differs from torch: torch has no binary hinge loss by this name; its ``hinge_embedding_loss`` of y·s against -1,
    with margin 1, is the same function.
    """

    reduction: str = "mean"

    def __post_init__(self) -> None:
        checks.one_of("reduction", self.reduction, REDUCTIONS)

    def _check(self, pred: Array, target: Array) -> Any:
        xp = checks.namespace(pred=pred, target=target)
        checks.same_shape(pred=pred, target=target)
        checks.not_empty("pred", pred)
        checks.floating(xp, pred=pred, target=target)
        return xp

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` holds scores and ``target`` -1 or +1, in one shape."""
        xp = self._check(pred, target)
        shortfall = 1 - target * pred
        return reduce(xp, xp.where(shortfall < 0, xp.zeros_like(shortfall), shortfall), self.reduction)

    def grad(self, pred: Array, target: Array) -> Array:
        """A subgradient with respect to ``pred``, in its shape; 0 at the kink."""
        xp = self._check(pred, target)
        return share(xp.where(target * pred >= 1, xp.zeros_like(target), -target), pred.shape, self.reduction)

    def to_torch(self) -> Any:
        """torch's ``hinge_embedding_loss``, called with y·s and a target of -1."""
        import torch

        def hinge(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            product = pred * target
            return torch.nn.functional.hinge_embedding_loss(
                product, -torch.ones_like(product), reduction=self.reduction
            )

        return hinge
