"""L2: a penalty that pulls every parameter to 0 in proportion to its size."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook import checks
from lossbook.checks import Array
from lossbook.precision import rounded, widened


@dataclass(frozen=True)
class L2:
    r"""The sum of the squared parameters, added to the loss. It shrinks the parameters, the large ones most.

    The rule, for a parameter :math:`\theta` and :math:`\lambda` (``strength``): :math:`\lambda \sum_i \theta_i^2`,
    with gradient :math:`2 \lambda \theta_i`.

    Args:
        strength: units of the loss per squared unit of the parameter, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type; ``param`` is no floating array.

    >>> import numpy as np
    >>> penalty, theta = L2(strength=0.5), np.array([3.0, -1.0, 0.0])
    >>> float(penalty.value(theta)), penalty.grad(theta).tolist()
    (5.0, [3.0, -1.0, 0.0])

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 7.1.1, where λ is α/2.
    Differs from torch: torch has no such object; it adds ``weight_decay * param`` to the gradient inside the
    optimiser. That is the gradient of ½ Σ θ_i², so its ``weight_decay`` is 2λ, and the printed loss does not contain
    the penalty.
    """

    strength: float = 1e-4

    def __post_init__(self) -> None:
        checks.in_interval("strength", self.strength, "[0, inf)")

    def value(self, param: Array) -> Array:
        """The number to add to the loss, in the dtype of ``param``."""
        xp = checks.namespace(param=param)
        checks.floating(xp, param=param)
        theta = widened(xp, param)
        return rounded(xp, self.strength * xp.sum(theta * theta), param.dtype)  # λ Σ θ_i²

    def grad(self, param: Array) -> Array:
        """The array to add to the gradient, in the shape and dtype of ``param``."""
        xp = checks.namespace(param=param)
        checks.floating(xp, param=param)
        return rounded(xp, 2 * self.strength * widened(xp, param), param.dtype)  # 2λ θ_i

    @property
    def weight_decay(self) -> float:
        """The ``weight_decay``, 2λ, with which ``torch.optim.SGD`` and ``Adam`` (not ``AdamW``) do the same."""
        return 2 * self.strength
