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
