"""What every loss here is: ``value``, ``grad`` below it, and a twin in torch; and what they share.

A loss checks shapes and dtypes at every call and broadcasts nothing. It does not look at the numbers: NaN passes
through, since a diverging run must be able to diverge. The numbers are looked at once, by ``check_values``, which
:func:`lossbook.run` calls on the data before training.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lossbook import checks
from lossbook.checks import Array

REDUCTIONS = ("mean", "sum", "none")


@dataclass(frozen=True)
class Loss:
    """A loss with its reduction: "mean", "sum", or "none" (one value per element or per example)."""

    reduction: str = "mean"

    def __post_init__(self) -> None:
        checks.one_of("reduction", self.reduction, REDUCTIONS)

    def value(self, pred: Array, target: Array) -> Array:
        """The loss: one number, or with reduction "none" one per element or example."""
        raise NotImplementedError

    def grad(self, pred: Array, target: Array) -> Array:
        """The gradient of the loss with respect to ``pred``, in its shape and dtype.

        For "none" it is the gradient of the sum, so that each example keeps the gradient of its own loss.
        """
        raise NotImplementedError

    def check_values(self, pred: Array, target: Array) -> None:
        """Look at the numbers, once, before a training; ``pred`` is the untrained model's output.

        Raises:
            ValueError: NaN or infinity in the target, and what the loss at hand cannot take: class indices outside
                0..K-1, probabilities where logits belong.
        """
        xp = checks.namespace(target=target)
        if xp.isdtype(target.dtype, "real floating"):
            checks.finite(xp, target=target)

    def to_torch(self) -> Any:
        """torch's own: a callable ``(pred, target) -> loss``."""
        raise NotImplementedError


def reduce(xp: Any, values: Array, reduction: str) -> Array:
    """``values`` averaged ("mean"), added up ("sum"), or as they are ("none")."""
    if reduction == "mean":
        return xp.mean(values)
    if reduction == "sum":
        return xp.sum(values)
    return values


class ElementLoss(Loss):
    """A loss that is a function of one prediction and one target, element by element.

    Rows give :meth:`_each` and, directly below, its derivative :meth:`_slope` with respect to the prediction.

    Raises:
        ValueError: ``pred`` and ``target`` of different shapes (nothing is broadcast); no element at all.
        TypeError: ``pred`` or ``target`` is no floating array.
    """

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` and ``target`` have one shape, any."""
        xp = self._check(pred, target)
        return reduce(xp, self._each(xp, pred, target), self.reduction)

    def grad(self, pred: Array, target: Array) -> Array:
        """The gradient with respect to ``pred``, in its shape."""
        xp = self._check(pred, target)
        slope = self._slope(xp, pred, target)
        return slope / math.prod(pred.shape) if self.reduction == "mean" else slope

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        raise NotImplementedError

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        raise NotImplementedError

    def _check(self, pred: Array, target: Array) -> Any:
        xp = checks.namespace(pred=pred, target=target)
        checks.same_shape(pred=pred, target=target)
        checks.not_empty("pred", pred)
        checks.floating(xp, pred=pred, target=target)
        return xp
