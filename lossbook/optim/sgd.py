"""Gradient descent, with momentum and with Nesterov's look-ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import check_update


class SGDState(NamedTuple):
    step: int  # number of steps done
    velocity: Array  # shape of the parameter: the running sum of gradients


@dataclass(frozen=True)
class SGD:
    r"""Gradient descent; "stochastic" when the gradient comes from a mini-batch.

    The rule, for the gradient :math:`g_t`, the learning rate :math:`\alpha` (``lr``) and the momentum :math:`\mu`:
    :math:`b_t = \mu b_{t-1} + g_t`, then :math:`\theta_{t+1} = \theta_t - \alpha b_t`, or with Nesterov's look-ahead
    :math:`\theta_{t+1} = \theta_t - \alpha (g_t + \mu b_t)`. With :math:`\mu = 0` it is plain gradient descent.

    Args:
        lr: learning rate, parameter units per unit of gradient, in [0, inf).
        momentum: share of the last velocity that is kept, in [0, 1).
        nesterov: step from where the velocity is about to lead.

    Raises:
        ValueError: a value outside its range; ``nesterov`` without momentum.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> rule, theta = SGD(lr=0.1), np.array([1.0])
    >>> delta, state = rule.update(np.array([2.0]), rule.init(theta), theta)
    >>> (theta + delta).tolist()
    [0.8]

    Reference: Sutskever et al., On the importance of initialization and momentum in deep learning (ICML 2013),
    section 2.
    Differs from torch: the state is an argument and a result; torch keeps it inside the optimiser.
    """

    lr: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")
        checks.in_interval("momentum", self.momentum, "[0, 1)")
        checks.flag("nesterov", self.nesterov)
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0, got momentum=0.")

    def init(self, param: Array) -> SGDState:
        xp = checks.namespace(param=param)
        return SGDState(step=0, velocity=xp.zeros_like(param))

    def update(self, grad: Array, state: SGDState, param: Array) -> tuple[Array, SGDState]:
        check_update(grad, param)
        velocity = self.momentum * state.velocity + grad  # b_t = μ b_{t-1} + g_t
        direction = grad + self.momentum * velocity if self.nesterov else velocity  # g_t + μ b_t, or b_t
        return -self.lr * direction, SGDState(state.step + 1, velocity)  # θ_{t+1} - θ_t = -α · direction

    def to_torch(self, params: Any) -> Any:
        """torch's own: ``torch.optim.SGD``."""
        import torch

        return torch.optim.SGD(params, lr=self.lr, momentum=self.momentum, nesterov=self.nesterov)
