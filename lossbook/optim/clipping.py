"""Gradient clipping: all gradients of a step at once, before any rule sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from lossbook import checks
from lossbook.checks import Array


class Clipping(Protocol):
    """Takes the gradients of all parameters by name, and gives them back clipped; changes none of them."""

    def apply(self, grads: Mapping[str, Array]) -> dict[str, Array]: ...


@dataclass(frozen=True)
class ClipByValue:
    r"""Each element of each gradient is held within :math:`\pm` ``limit``. This can turn the gradient's direction.

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
            clipped[name] = xp.clip(grad, -self.limit, self.limit)
        return clipped


@dataclass(frozen=True)
class ClipByGlobalNorm:
    r"""All gradients are scaled by one factor, so that the norm over all of them is at most ``max_norm``.

    The rule, for the norm :math:`n` over all elements of all gradients: times
    :math:`\min(1, \mathrm{max\_norm}/(n + 10^{-6}))`. The direction stays.

    Args:
        max_norm: in units of the gradient, in [0, inf).

    >>> import numpy as np
    >>> ClipByGlobalNorm(1.0).apply({"w": np.array([3.0]), "b": np.array([4.0])})["w"].round(4).tolist()
    [0.6]

    Reference: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks (ICML 2013),
    algorithm 1.
    Differs from torch: ``torch.nn.utils.clip_grad_norm_`` changes the gradients in place.
    """

    max_norm: float

    def __post_init__(self) -> None:
        checks.in_interval("max_norm", self.max_norm, "[0, inf)")

    def apply(self, grads: Mapping[str, Array]) -> dict[str, Array]:
        norm = global_norm(grads)
        factor = self.max_norm / (norm + 1e-6)  # max_norm / (n + 1e-6)
        return {name: grad * factor if factor < 1 else grad for name, grad in grads.items()}


def global_norm(grads: Mapping[str, Array]) -> float:
    """Euclidean norm over all elements of all gradients."""
    squares = [checks.namespace(grad=grad).sum(grad * grad) for grad in grads.values()]
    return math.sqrt(sum(float(square) for square in squares))
