"""RMSprop: gradient descent in units of the recent size of each parameter's gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import LearningRate, Rule, decayed, is_nonzero, or_zeros, running_mean, torch_optimizer, zeros


class RMSpropState(NamedTuple):
    step: int  # number of steps done
    v: Array  # shape of the parameter: running mean of the squared gradient
    mean: Array  # shape of the parameter: running mean of the gradient; None until centered is on
    velocity: Array  # shape of the parameter: running sum of steps; None until there is a momentum


@dataclass(frozen=True)
class RMSprop(Rule):
    r"""RMSprop: each parameter's step is divided by the root of a running mean of its squared gradient.

    The rule: :math:`v_t = \rho v_{t-1} + (1-\rho) g_t^2`, then
    :math:`\theta_{t+1} = \theta_t - \alpha g_t / (\sqrt{v_t} + \epsilon)`. If centred, :math:`\sqrt{v_t}` becomes
    :math:`\sqrt{v_t - \bar g_t^2}`, the gradient's standard deviation, with its running mean :math:`\bar g_t`. With
    momentum :math:`\mu` the steps add up: :math:`b_t = \mu b_{t-1} + g_t/(\ldots)`.

    Args:
        lr: learning rate: about the change of a parameter in one step, in its unit, in [0, inf); or a schedule.
        rho: how much of the running means is kept, in [0, 1).
        eps: added to the denominator, in units of the gradient, in [0, inf).
        centered: divide by the standard deviation. Where the gradient is constant, rounding can make the variance
            negative and the result NaN, here as in torch.
        momentum: share of the last velocity that is kept, in [0, 1).
        weight_decay: :math:`w`, adds :math:`w \theta_t` to the gradient, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> rule, theta = RMSprop(lr=0.1), np.array([1.0])
    >>> delta, state = rule.update(np.array([1000.0]), rule.init(theta), theta)
    >>> round(float(delta[0]), 6)  # no bias correction: the first step is lr / √(1-ρ)
    -1.0

    In a training loop: ``TorchOptimizer(model.parameters(), RMSprop(lr=0.01))``, or torch's own,
    ``RMSprop(lr=0.01).to_torch(model.parameters())``.

    Reference: Tieleman and Hinton, Lecture 6.5, rmsprop (COURSERA, 2012); centred: Graves, Generating Sequences With
    Recurrent Neural Networks (2013, arXiv:1308.0850), equations 38 to 41.
    Differs from torch: ``rho`` is called ``alpha`` there.
    """

    elementwise: ClassVar[bool] = True

    lr: LearningRate = 0.01
    rho: float = 0.99
    eps: float = 1e-8
    centered: bool = False
    momentum: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.in_interval("rho", self.rho, "[0, 1)")
        checks.in_interval("eps", self.eps, "[0, inf)")
        checks.flag("centered", self.centered)
        checks.in_interval("momentum", self.momentum, "[0, 1)")
        checks.in_interval("weight_decay", self.weight_decay, "[0, inf)")

    def init(self, param: Array) -> RMSpropState:
        mean = zeros(param) if self.centered else None
        return RMSpropState(
            step=0, v=zeros(param), mean=mean, velocity=zeros(param) if is_nonzero(self.momentum) else None
        )

    def _update(self, xp: Any, grad: Array, state: RMSpropState, param: Array, lr: Any) -> tuple[Array, RMSpropState]:
        rho, mean, velocity = self.rho, state.mean, state.velocity
        g = decayed(grad, param, self.weight_decay)  # g_t + w θ_t
        v = running_mean(state.v, g * g, rho)  # v_t = ρ v_{t-1} + (1-ρ) g_t²
        spread = v
        if self.centered:
            mean = running_mean(or_zeros(mean, param), g, rho)  # ḡ_t = ρ ḡ_{t-1} + (1-ρ) g_t
            spread = v - mean * mean  # v_t - ḡ_t²
        d = g / (xp.sqrt(spread) + self.eps)  # d_t = g_t / (√v_t + ε)
        if is_nonzero(self.momentum):
            d = velocity = self.momentum * or_zeros(velocity, param) + d  # b_t = μ b_{t-1} + d_t
        return -lr * d, RMSpropState(state.step + 1, v, mean, velocity)  # -α d_t, or -α b_t

    def to_torch(self, params: Any) -> Any:
        """torch's own: ``torch.optim.RMSprop``."""
        import torch

        knobs = {"alpha": self.rho, "eps": self.eps, "centered": self.centered}
        knobs |= {"momentum": self.momentum, "weight_decay": self.weight_decay}
        return torch_optimizer(torch.optim.RMSprop, params, self.lr, **knobs)
