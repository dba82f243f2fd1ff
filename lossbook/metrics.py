"""What a run is judged by, beside its loss."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook import checks
from lossbook.checks import Array


@dataclass(frozen=True)
class Accuracy:
    """The share of examples whose largest logit stands at the true class, in [0, 1].

    >>> import numpy as np
    >>> float(Accuracy().value(np.array([[2.0, 1.0], [2.0, 1.0]]), np.array([0, 1])))
    0.5
    """

    def value(self, logits: Array, target: Array) -> Array:
        """``logits`` is (N, K), ``target`` (N,)."""
        xp = checks.namespace(logits=logits, target=target)
        checks.class_axis(logits, target)
        checks.not_empty("logits", logits)
        hit = xp.argmax(logits, axis=-1) == target
        return xp.mean(xp.astype(hit, logits.dtype))


@dataclass(frozen=True)
class R2:
    """The share of the target's variance that the prediction explains: 1 - Σ(ŷ-y)²/Σ(y-ȳ)², at most 1.

    >>> import numpy as np
    >>> float(R2().value(np.array([[1.0], [3.0]]), np.array([[1.0], [3.0]])))
    1.0
    """

    def value(self, pred: Array, target: Array) -> Array:
        """``pred`` and ``target`` have one shape, any."""
        xp = checks.namespace(pred=pred, target=target)
        checks.same_shape(pred=pred, target=target)
        checks.not_empty("pred", pred)
        return 1 - xp.sum((pred - target) ** 2) / xp.sum((target - xp.mean(target)) ** 2)
