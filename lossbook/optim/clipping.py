"""Gradient clipping: all gradients of a step at once, before any rule sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.precision import rounded, widened

TINY = 1e-30  # below this, the sum may lack squares that float32 rounds to 0


@dataclass(frozen=True)
class ClipByValue:
    r"""Each element of each gradient is held within :math:`\pm` ``limit``. This can change the gradient's direction.

    Args:
        limit: in units of the gradient, in [0, inf).

    >>> import numpy as np
    >>> ClipByValue(1.0).apply({"w": np.array([3.0, -0.5])})["w"].tolist()
    [1.0, -0.5]

    Differs from torch: ``torch.nn.utils.clip_grad_value_`` changes the gradients in place.
    """

    limit: float

    def __post_init__(self) -> None:
        checks.in_interval("limit", self.limit, "[0, inf)")

    def apply(self, grads: Mapping[str, Array]) -> dict[str, Array]:
        clipped = {}
        for name, grad in grads.items():
            xp = checks.namespace(grad=grad)
            clipped[name] = rounded(xp, xp.clip(widened(xp, grad), -self.limit, self.limit), grad.dtype)
        return clipped


@dataclass(frozen=True)
class ClipByGlobalNorm:
    r"""All gradients are scaled by one factor, so that the norm over all of them is at most ``max_norm``.

    The rule, for the norm :math:`n` over all elements of all gradients: multiply each gradient by :math:`\min(1,
    \mathrm{max\_norm}/(n + 10^{-6}))`. The direction stays. If one element is NaN, the norm and all gradients become
    NaN; if one is infinite, it becomes NaN and all others 0.

    Args:
        max_norm: in units of the gradient, in [0, inf).

    >>> import numpy as np
    >>> ClipByGlobalNorm(1.0).apply({"w": np.array([3.0]), "b": np.array([4.0])})["w"].round(4).tolist()
    [0.6]

    Reference: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks (ICML 2013),
    algorithm 1.
    Differs from torch: ``torch.nn.utils.clip_grad_norm_`` changes the gradients in place; its norm overflows where the
    square of a gradient does.
    """

    max_norm: float

    def __post_init__(self) -> None:
        checks.in_interval("max_norm", self.max_norm, "[0, inf)")

    def apply(self, grads: Mapping[str, Array]) -> dict[str, Array]:
        factor = self.max_norm / (global_norm(grads) + 1e-6)  # max_norm / (n + 1e-6)
        return {name: grad if factor >= 1 else _times(factor, grad) for name, grad in grads.items()}


def global_norm(grads: Mapping[str, Array]) -> float:
    """Euclidean norm over all elements of all gradients; infinite only if an element is, or if no float is that large.

    >>> import numpy as np
    >>> global_norm({"w": np.array([0.0, 0.0]), "b": np.array([-4e200])})
    4e+200
    """
    with np.errstate(over="ignore", under="ignore"):  # squares of very large and very small numbers, see below
        squares = sum(_squares(grad) for grad in grads.values())
        if TINY < squares < math.inf:
            return math.sqrt(squares)
        largest = [_largest(grad) for grad in grads.values()]
        top = math.nan if any(map(math.isnan, largest)) else max(largest, default=0.0)
        if not 0 < top < math.inf:
            return top
        return top * math.sqrt(sum(_squares(grad, top) for grad in grads.values()))


def _squares(x: Array, unit: float = 1.0) -> float:
    """The sum of the squares of all elements, each divided by ``unit``."""
    xp = checks.namespace(grad=x)
    x = widened(xp, x) if unit == 1 else widened(xp, x) / unit
    return float(xp.sum(x * x))


def _largest(x: Array) -> float:
    xp = checks.namespace(grad=x)
    return float(xp.max(xp.abs(x))) if math.prod(x.shape) else 0.0


def _times(factor: float, grad: Array) -> Array:
    xp = checks.namespace(grad=grad)
    return rounded(xp, widened(xp, grad) * factor, grad.dtype)
