"""Losses for a real-valued target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossbook import checks
from lossbook.checks import Array
from lossbook.losses.reduction import REDUCTIONS, reduce, share


@dataclass(frozen=True)
class MSE:
    r"""Mean squared error: the square of the residual, averaged over all elements.

    The rule, for predictions :math:`p` and targets :math:`y` with :math:`n` elements:
    :math:`J = \frac1n \sum_i (p_i - y_i)^2`, with gradient :math:`\partial J/\partial p_i = \frac2n (p_i - y_i)`.

    Args:
        reduction: "mean", "sum", or "none" (one value per element).

    Raises:
        ValueError: an unknown reduction; ``pred`` and ``target`` of different shapes; an empty batch.
        TypeError: ``pred`` or ``target`` is no floating array.

    Unit: the square of the target's unit.

    >>> import numpy as np
    >>> loss = MSE()
    >>> float(loss.value(np.array([1.0, 4.0]), np.array([1.0, 2.0])))
    2.0
    >>> loss.grad(np.array([1.0, 4.0]), np.array([1.0, 2.0])).tolist()
    [0.0, 2.0]

    Reference: Bishop, Pattern Recognition and Machine Learning (2006), section 1.5.5.
    Differs from torch: a target of shape (N,) against a prediction of shape (N, 1) is an error here; torch broadcasts
    it to (N, N) and warns.
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
        """The loss; ``pred`` and ``target`` have one shape, any."""
        xp = self._check(pred, target)
        residual = pred - target
        return reduce(xp, residual * residual, self.reduction)  # J = 1/n Σ (p_i - y_i)²

    def grad(self, pred: Array, target: Array) -> Array:
        """The gradient with respect to ``pred``, in its shape."""
        self._check(pred, target)
        return share(2 * (pred - target), pred.shape, self.reduction)  # ∂J/∂p_i = 2/n (p_i - y_i)

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.MSELoss``."""
        import torch

        return torch.nn.MSELoss(reduction=self.reduction)
