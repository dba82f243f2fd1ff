"""Elastic net: a mixture of L1 and L2."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook import checks
from lossbook.checks import Array
from lossbook.precision import rounded, widened


@dataclass(frozen=True)
class ElasticNet:
    r"""A mixture of L1 and L2, added to the loss. It makes zeros as L1 does, without choosing at random among equals.

    The rule, for a parameter :math:`\theta`, :math:`\lambda` (``strength``) and :math:`a` (``l1_share``):
    :math:`\lambda \sum_i \bigl(a |\theta_i| + (1-a)\,\theta_i^2\bigr)`, with subgradient
    :math:`\lambda \bigl(a\,\mathrm{sign}(\theta_i) + 2 (1-a)\,\theta_i\bigr)`.

    Args:
        strength: the weight of the whole, in [0, inf).
        l1_share: 1 is :class:`L1`, 0 is :class:`L2`; in [0, 1].

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type; ``param`` is no floating array.

    >>> import numpy as np
    >>> penalty, theta = ElasticNet(strength=1.0, l1_share=0.5), np.array([3.0, -1.0, 0.0])
    >>> float(penalty.value(theta)), penalty.grad(theta).tolist()
    (7.0, [3.5, -1.5, 0.0])

    Reference: Zou and Hastie, Regularization and variable selection via the elastic net (2005).
    Differs from torch: torch has no such object. scikit-learn's ``ElasticNet`` takes half of the squares.
    """

    strength: float = 1e-4
    l1_share: float = 0.5

    def __post_init__(self) -> None:
        checks.in_interval("strength", self.strength, "[0, inf)")
        checks.in_interval("l1_share", self.l1_share, "[0, 1]")

    def value(self, param: Array) -> Array:
        """The number to add to the loss, in the dtype of ``param``."""
        xp = checks.namespace(param=param)
        checks.floating(xp, param=param)
        a, theta = self.l1_share, widened(xp, param)
        value = self.strength * xp.sum(a * xp.abs(theta) + (1 - a) * theta * theta)  # λ Σ (a |θ_i| + (1-a) θ_i²)
        return rounded(xp, value, param.dtype)

    def grad(self, param: Array) -> Array:
        """The array to add to the gradient, in the shape and dtype of ``param``."""
        xp = checks.namespace(param=param)
        checks.floating(xp, param=param)
        a, theta = self.l1_share, widened(xp, param)
        slope = self.strength * (a * xp.sign(theta) + 2 * (1 - a) * theta)  # λ (a sign(θ_i) + 2 (1-a) θ_i)
        return rounded(xp, slope, param.dtype)
