"""Adam: a step per parameter, measured in units of its own recent gradients. AdamW and AMSGrad are Adam with a flag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import LearningRate, Rule, decayed, is_nonzero, or_zeros, running_mean, torch_optimizer, zeros


class AdamState(NamedTuple):
    step: int  # t, number of steps done
    m: Array  # shape of the parameter: running mean of the gradient
    v: Array  # shape of the parameter: running mean of the squared gradient
    v_max: Array = None  # shape of the parameter: the largest v so far; None until amsgrad is on


@dataclass(frozen=True)
class Adam(Rule):
    r"""Adam: a running mean of the gradient, divided by the root of a running mean of its square.

    The rule, for the gradient :math:`g_t`, :math:`\alpha` (``lr``), :math:`\beta_1, \beta_2` (``betas``) and
    :math:`\epsilon` (``eps``): :math:`m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t`,
    :math:`v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2`, :math:`\hat m_t = m_t/(1-\beta_1^t)`,
    :math:`\hat v_t = v_t/(1-\beta_2^t)`, :math:`\theta_{t+1} = \theta_t - \alpha \hat m_t/(\sqrt{\hat v_t}+\epsilon)`.

    Args:
        lr: learning rate: about the usual change of a parameter in one step, in parameter units, in [0, inf), or a
            schedule.
        betas: how much of the running means of the gradient and of its square is kept, each in [0, 1).
        eps: added to the denominator, in units of the gradient, in [0, inf).
        bias_correction: divide by 1 - β^t, since m and v start at 0. Switch it off only to see its effect.
        weight_decay: :math:`w` in [0, inf); coupled, it adds :math:`w\theta_t` to the gradient.
        decoupled: subtract :math:`\alpha_t w\theta_t` from the parameter instead, without m and v: AdamW as in torch,
            where half the learning rate means half the decay. The paper subtracts :math:`\eta_t\lambda\theta_t`, and
            its schedule :math:`\eta_t` gives :math:`\alpha_t = \eta_t\alpha`: its λ is α times this :math:`w`.
        amsgrad: divide by the root of the largest v so far.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> rule, theta = Adam(lr=0.1), np.array([1.0])
    >>> delta, state = rule.update(np.array([1000.0]), rule.init(theta), theta)
    >>> round(float(delta[0]), 6)  # the first step is lr, whatever the size of the gradient
    -0.1

    In a training loop: ``TorchOptimizer(model.parameters(), Adam(lr=1e-3))``, or torch's own,
    ``Adam(lr=1e-3).to_torch(model.parameters())``.

    Reference: Kingma and Ba, Adam: A Method for Stochastic Optimization (ICLR 2015), algorithm 1; decoupled: Loshchilov
    and Hutter, Decoupled Weight Decay Regularization (ICLR 2019), algorithm 2; amsgrad: Reddi, Kale and Kumar, On the
    Convergence of Adam and Beyond (ICLR 2018), algorithm 2.
    Differs from torch: the state is an argument and a result; ``bias_correction=False`` has no twin in torch. As in the
    paper, amsgrad takes the largest v; only torch also corrects the bias of that v.
    """

    elementwise: ClassVar[bool] = True

    lr: LearningRate = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    bias_correction: bool = True
    weight_decay: float = 0.0
    decoupled: bool = False
    amsgrad: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.betas("betas", self.betas)
        checks.in_interval("eps", self.eps, "[0, inf)")
        checks.in_interval("weight_decay", self.weight_decay, "[0, inf)")
        for name in ("bias_correction", "decoupled", "amsgrad"):
            checks.flag(name, getattr(self, name))

    def init(self, param: Array) -> AdamState:
        return AdamState(step=0, m=zeros(param), v=zeros(param), v_max=zeros(param) if self.amsgrad else None)

    def _update(self, xp: Any, grad: Array, state: AdamState, param: Array, lr: Any) -> tuple[Array, AdamState]:
        (beta1, beta2), t = self.betas, state.step + 1
        g = grad if self.decoupled else decayed(grad, param, self.weight_decay)  # g_t, or g_t + w θ_t
        m = running_mean(state.m, g, beta1)  # m_t = β₁ m_{t-1} + (1-β₁) g_t
        v = running_mean(state.v, g * g, beta2)  # v_t = β₂ v_{t-1} + (1-β₂) g_t²
        top = xp.maximum(or_zeros(state.v_max, param), v) if self.amsgrad else v
        m_hat = m / (1 - beta1**t) if self.bias_correction else m  # m̂_t = m_t / (1-β₁ᵗ)
        v_hat = top / (1 - beta2**t) if self.bias_correction else top  # v̂_t = v_t / (1-β₂ᵗ)
        delta = -lr * m_hat / (xp.sqrt(v_hat) + self.eps)  # θ_{t+1} - θ_t = -α m̂_t / (√v̂_t + ε)
        if self.decoupled and is_nonzero(self.weight_decay):
            delta = delta - lr * (self.weight_decay * param)  # - α w θ_t
        return delta, AdamState(t, m, v, top if self.amsgrad else state.v_max)

    def to_torch(self, params: Any) -> Any:
        """torch's own: ``torch.optim.Adam``, or ``torch.optim.AdamW`` if decoupled.

        Raises:
            ValueError: ``bias_correction`` is off; torch cannot do that.
        """
        import torch

        if not self.bias_correction:
            raise ValueError("torch.optim.Adam always corrects the bias, got bias_correction=False.")
        kind = torch.optim.AdamW if self.decoupled else torch.optim.Adam
        knobs = {"betas": self.betas, "eps": self.eps, "weight_decay": self.weight_decay, "amsgrad": self.amsgrad}
        return torch_optimizer(kind, params, self.lr, **knobs)


@dataclass(frozen=True)
class AdamW(Adam):
    """:class:`Adam` with decoupled weight decay.

    >>> AdamW() == AdamW(lr=1e-3, weight_decay=0.01, decoupled=True)
    True
    """

    elementwise: ClassVar[bool] = True

    weight_decay: float = 0.01
    decoupled: bool = True


@dataclass(frozen=True)
class AMSGrad(Adam):
    """:class:`Adam` divided by the root of the largest second moment so far.

    >>> AMSGrad() == AMSGrad(lr=1e-3, amsgrad=True)
    True
    """

    elementwise: ClassVar[bool] = True

    amsgrad: bool = True
