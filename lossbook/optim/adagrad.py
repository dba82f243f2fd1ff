"""Adagrad, and Adadelta, whose steps can grow again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import LearningRate, Rule, decayed, torch_optimizer, zeros


class AdagradState(NamedTuple):
    step: int  # number of steps done
    total: Array  # shape of the parameter: the sum of all squared gradients


@dataclass(frozen=True)
class Adagrad(Rule):
    r"""Adagrad: each parameter's step is divided by the root of the sum of all its squared gradients.

    The rule, for the gradient :math:`g_t`: :math:`s_t = s_{t-1} + g_t^2`, then
    :math:`\theta_{t+1} = \theta_t - \alpha g_t / (\sqrt{s_t} + \epsilon)`. The sum only grows: the steps only shrink.

    Args:
        lr: learning rate, in parameter units, in [0, inf), or a schedule.
        eps: added to the denominator, in units of the gradient, in [0, inf).
        weight_decay: :math:`w`, adds :math:`w \theta_t` to the gradient, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> rule, theta = Adagrad(lr=0.1), np.array([1.0])
    >>> delta, state = rule.update(np.array([1000.0]), rule.init(theta), theta)
    >>> round(float(delta[0]), 6)
    -0.1

    In a training loop: ``TorchOptimizer(model.parameters(), Adagrad(lr=0.01))``, or torch's own,
    ``Adagrad(lr=0.01).to_torch(model.parameters())``.

    Reference: Duchi, Hazan and Singer, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization
    (JMLR 12, 2011), figure 1.
    Differs from torch: no ``lr_decay`` (give a schedule as ``lr``) and no initial accumulator.
    """

    elementwise: ClassVar[bool] = True

    lr: LearningRate = 0.01
    eps: float = 1e-10
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.in_interval("eps", self.eps, "[0, inf)")
        checks.in_interval("weight_decay", self.weight_decay, "[0, inf)")

    def init(self, param: Array) -> AdagradState:
        return AdagradState(step=0, total=zeros(param))

    def _update(self, xp: Any, grad: Array, state: AdagradState, param: Array, lr: Any) -> tuple[Array, AdagradState]:
        g = decayed(grad, param, self.weight_decay)  # g_t + w θ_t
        total = state.total + g * g  # s_t = s_{t-1} + g_t²
        delta = -lr * g / (xp.sqrt(total) + self.eps)  # -α g_t / (√s_t + ε)
        return delta, AdagradState(state.step + 1, total)

    def to_torch(self, params: Any) -> Any:
        """torch's own: ``torch.optim.Adagrad``."""
        import torch

        return torch_optimizer(torch.optim.Adagrad, params, self.lr, eps=self.eps, weight_decay=self.weight_decay)


class AdadeltaState(NamedTuple):
    step: int  # number of steps done
    v: Array  # shape of the parameter: running mean of the squared gradient
    u: Array  # shape of the parameter: running mean of the squared update, before lr


@dataclass(frozen=True)
class Adadelta(Rule):
    r"""Adadelta: the step is the size of recent steps, divided by the size of recent gradients.

    The rule: :math:`v_t = \rho v_{t-1} + (1-\rho) g_t^2`,
    :math:`d_t = \frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}}\, g_t`,
    :math:`u_t = \rho u_{t-1} + (1-\rho) d_t^2`, :math:`\theta_{t+1} = \theta_t - \alpha d_t`. It starts with steps of
    about :math:`\sqrt\epsilon`, so ``eps`` decides how slowly it starts.

    Args:
        lr: factor of the step, a pure number, in [0, inf), or a schedule.
        rho: how much of the running means is kept, in [0, 1).
        eps: added under both roots, in [0, inf).
        weight_decay: :math:`w`, adds :math:`w \theta_t` to the gradient, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> rule, theta = Adadelta(), np.array([1.0])
    >>> delta, state = rule.update(np.array([1000.0]), rule.init(theta), theta)
    >>> round(float(delta[0]), 6)  # √ε / √(1-ρ)
    -0.003162

    In a training loop: ``TorchOptimizer(model.parameters(), Adadelta())``, or torch's own,
    ``Adadelta().to_torch(model.parameters())``.

    Reference: Zeiler, ADADELTA: An Adaptive Learning Rate Method (2012, arXiv:1212.5701), algorithm 1.
    """

    elementwise: ClassVar[bool] = True

    lr: LearningRate = 1.0
    rho: float = 0.9
    eps: float = 1e-6
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.in_interval("rho", self.rho, "[0, 1)")
        checks.in_interval("eps", self.eps, "[0, inf)")
        checks.in_interval("weight_decay", self.weight_decay, "[0, inf)")

    def init(self, param: Array) -> AdadeltaState:
        return AdadeltaState(step=0, v=zeros(param), u=zeros(param))

    def _update(self, xp: Any, grad: Array, state: AdadeltaState, param: Array, lr: Any) -> tuple[Array, AdadeltaState]:
        rho, g = self.rho, decayed(grad, param, self.weight_decay)  # g_t + w θ_t
        v = rho * state.v + (1 - rho) * g * g  # v_t = ρ v_{t-1} + (1-ρ) g_t²
        d = xp.sqrt(state.u + self.eps) / xp.sqrt(v + self.eps) * g  # d_t = √(u_{t-1} + ε) / √(v_t + ε) · g_t
        u = rho * state.u + (1 - rho) * d * d  # u_t = ρ u_{t-1} + (1-ρ) d_t²
        return -lr * d, AdadeltaState(state.step + 1, v, u)  # -α d_t

    def to_torch(self, params: Any) -> Any:
        """torch's own: ``torch.optim.Adadelta``."""
        import torch

        knobs = {"rho": self.rho, "eps": self.eps, "weight_decay": self.weight_decay}
        return torch_optimizer(torch.optim.Adadelta, params, self.lr, **knobs)
