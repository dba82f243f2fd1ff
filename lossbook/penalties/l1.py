"""L1: a penalty that pulls every parameter to 0 with the same strength."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook import checks
from lossbook.checks import Array
from lossbook.precision import rounded, widened


@dataclass(frozen=True)
class L1:
    r"""The sum of the absolute values of the parameters, added to the loss. It makes many of them small, or 0.

    The rule, for a parameter :math:`\theta` and :math:`\lambda` (``strength``): :math:`\lambda \sum_i |\theta_i|`,
    with subgradient :math:`\lambda\,\mathrm{sign}(\theta_i)`, which is 0 at 0.

    Args:
        strength: units of the loss per unit of the parameter, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type; ``param`` is no floating array.

    >>> import numpy as np
    >>> penalty, theta = L1(strength=0.5), np.array([3.0, -1.0, 0.0])
    >>> float(penalty.value(theta)), penalty.grad(theta).tolist()
    (2.0, [0.5, -0.5, 0.0])

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 7.1.2.
    Differs from torch: torch has no such object; its users add ``strength * param.abs().sum()`` to the loss.
    """

    strength: float = 1e-4

    def __post_init__(self) -> None:
        checks.in_interval("strength", self.strength, "[0, inf)")

    def value(self, param: Array) -> Array:
        """The number to add to the loss, in the dtype of ``param``."""
        xp = checks.namespace(param=param)
        checks.floating(xp, param=param)
        theta = widened(xp, param)
        return rounded(xp, self.strength * xp.sum(xp.abs(theta)), param.dtype)  # λ Σ |θ_i|

    def grad(self, param: Array) -> Array:
        """The array to add to the gradient, in the shape and dtype of ``param``."""
        xp = checks.namespace(param=param)
        checks.floating(xp, param=param)
        return rounded(xp, self.strength * xp.sign(widened(xp, param)), param.dtype)  # λ sign(θ_i)
