"""Gradient descent, with momentum and with Nesterov's look-ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import LearningRate, Rule, decayed, is_nonzero, or_zeros, plus_scaled, torch_optimizer, zeros


class SGDState(NamedTuple):
    step: int  # number of steps done
    velocity: Array  # shape of the parameter: the running sum of gradients; None until there is a momentum


@dataclass(frozen=True)
class SGD(Rule):
    r"""Gradient descent; "stochastic" when the gradient comes from a mini-batch.

    The rule, for the gradient :math:`g_t`, the learning rate :math:`\alpha` (``lr``) and the momentum :math:`\mu`:
    :math:`b_t = \mu b_{t-1} + g_t`, then :math:`\theta_{t+1} = \theta_t - \alpha b_t`, or with Nesterov's look-ahead
    :math:`\theta_{t+1} = \theta_t - \alpha (g_t + \mu b_t)`. With :math:`\mu = 0` it is plain gradient descent.

    Args:
        lr: learning rate, parameter units per unit of gradient, in [0, inf), or a schedule.
        momentum: share of the last velocity that is kept, in [0, 1).
        nesterov: step from the point to which the velocity is about to lead.
        weight_decay: :math:`w`, adds :math:`w \theta_t` to the gradient, in [0, inf).

    Raises:
        ValueError: a value outside its range; ``nesterov`` without momentum.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> rule, theta = SGD(lr=0.1), np.array([1.0])
    >>> delta, state = rule.update(np.array([2.0]), rule.init(theta), theta)
    >>> (theta + delta).tolist()
    [0.8]

    In a training loop: ``TorchOptimizer(model.parameters(), SGD(lr=0.01))``, or torch's own,
    ``SGD(lr=0.01).to_torch(model.parameters())``.

    Reference: Sutskever et al., On the importance of initialization and momentum in deep learning (ICML 2013),
    section 2.
    Differs from torch: the state is an argument and a result; torch keeps it inside the optimiser.
    """

    elementwise: ClassVar[bool] = True

    lr: LearningRate = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.in_interval("momentum", self.momentum, "[0, 1)")
        checks.flag("nesterov", self.nesterov)
        checks.in_interval("weight_decay", self.weight_decay, "[0, inf)")
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0, got momentum=0.")

    @property
    def takes_sparse(self) -> bool:
        """True without momentum and weight decay, since then only the rows that the gradient holds move."""
        return not (is_nonzero(self.momentum) or is_nonzero(self.weight_decay))

    def init(self, param: Array) -> SGDState:
        start = zeros(param)
        return SGDState(step=0, velocity=start if is_nonzero(self.momentum) else None)

    def _update(self, xp: Any, grad: Array, state: SGDState, param: Array, lr: Any) -> tuple[Array, SGDState]:
        g = decayed(grad, param, self.weight_decay)  # g_t + w θ_t
        velocity = state.velocity
        if is_nonzero(self.momentum):
            velocity = plus_scaled(g, self.momentum, or_zeros(velocity, param))  # b_t = μ b_{t-1} + g_t
            g = plus_scaled(g, self.momentum, velocity) if self.nesterov else velocity  # g_t + μ b_t, or b_t
        return -lr * g, SGDState(state.step + 1, velocity)  # θ_{t+1} - θ_t = -α · direction

    def to_torch(self, params: Any) -> Any:
        """torch's own: ``torch.optim.SGD``."""
        import torch

        knobs = {"momentum": self.momentum, "nesterov": self.nesterov, "weight_decay": self.weight_decay}
        return torch_optimizer(torch.optim.SGD, params, self.lr, **knobs)
