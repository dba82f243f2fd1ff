"""The base of every loss: ``value``, ``grad`` below it and a twin in torch, and the helpers that losses share.

A loss checks shapes and dtypes at every call and broadcasts nothing. The only numbers that it checks at every call are
class indices: NaN in a prediction passes through, so that a diverging run can diverge. ``check_values`` checks all
other numbers; :func:`lossbook.run` calls it once, on the data before training.

``value`` and ``grad`` have the dtype of the prediction, whatever dtype the target has. Half precision (float16,
bfloat16) is computed in float32 and rounded once. Autograd through ``value`` gives ``grad``, at kinks too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from lossbook import checks
from lossbook.checks import Array
from lossbook.precision import rounded, working_dtype

REDUCTIONS = ("mean", "sum", "none")


@dataclass(frozen=True)
class Loss:
    """A loss with its reduction: "mean", "sum", or "none" (one value per element or per example)."""

    unit: ClassVar[str] = ""  #: unit of the value, in words for the axis of a plot; "" for a pure number
    reduction: str = "mean"

    def __post_init__(self) -> None:
        checks.one_of("reduction", self.reduction, REDUCTIONS)

    def value(self, pred: Array, target: Array) -> Array:
        """The loss: one number, or with reduction "none" one per element or example, in the dtype of ``pred``."""
        raise NotImplementedError

    def grad(self, pred: Array, target: Array) -> Array:
        """The gradient of the loss with respect to ``pred``, in its shape and dtype.

        For "none" it is the gradient of the sum, so that each example keeps the gradient of its own loss.
        """
        raise NotImplementedError

    def check_values(self, pred: Array, target: Array) -> None:
        """Check the numbers once, before training; ``pred`` is the untrained model's output.

        Raises:
            ValueError: ``target`` is empty or holds NaN or infinity; or this loss cannot take the numbers, such as
                class indices outside 0..K-1 or probabilities in place of logits.
        """
        xp = checks.namespace(target=target)
        checks.not_empty("target", target)
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

    Each subclass defines :meth:`_each` and, directly below, its derivative :meth:`_slope` with respect to the
    prediction.

    Raises:
        ValueError: ``pred`` and ``target`` of different shapes (nothing is broadcast); no element at all.
        TypeError: ``pred`` or ``target`` is no floating array.
    """

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` and ``target`` may have any shape, but the same one."""
        xp, z, y = self._prepare(pred, target)
        return rounded(xp, reduce(xp, self._each(xp, z, y), self.reduction), pred.dtype)

    def grad(self, pred: Array, target: Array) -> Array:
        """The gradient with respect to ``pred``, in its shape and dtype."""
        xp, z, y = self._prepare(pred, target)
        slope = self._slope(xp, z, y)
        return rounded(xp, slope / math.prod(pred.shape) if self.reduction == "mean" else slope, pred.dtype)

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        raise NotImplementedError

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        raise NotImplementedError

    def _prepare(self, pred: Array, target: Array) -> tuple[Any, Array, Array]:
        """The namespace, and both arrays in the dtype to compute in."""
        xp = checks.namespace(pred=pred, target=target)
        checks.same_shape(pred=pred, target=target)
        checks.not_empty("pred", pred)
        checks.floating(xp, pred=pred, target=target)
        dtype = working_dtype(xp, pred.dtype)
        return xp, rounded(xp, pred, dtype), rounded(xp, target, dtype)
