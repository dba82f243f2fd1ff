"""Adam: a step per parameter, measured in units of its own recent gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import check_update


class AdamState(NamedTuple):
    step: int  # t, number of steps done
    m: Array  # shape of the parameter: running mean of the gradient
    v: Array  # shape of the parameter: running mean of the squared gradient


@dataclass(frozen=True)
class Adam:
    r"""Adam: momentum over the gradient, divided by the root of a running mean of its square.

    The rule, for the gradient :math:`g_t`, :math:`\alpha` (``lr``), :math:`\beta_1, \beta_2` (``betas``) and
    :math:`\epsilon` (``eps``): :math:`m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t`,
    :math:`v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2`, :math:`\hat m_t = m_t/(1-\beta_1^t)`,
    :math:`\hat v_t = v_t/(1-\beta_2^t)`, :math:`\theta_{t+1} = \theta_t - \alpha \hat m_t/(\sqrt{\hat v_t}+\epsilon)`.

    Args:
        lr: learning rate: about the usual change of a parameter in one step, in parameter units, in [0, inf).
        betas: how much of the running means of the gradient and of its square is kept, each in [0, 1).
        eps: added to the denominator, in units of the gradient, in [0, inf).
        bias_correction: divide by 1 - β^t, since m and v start at 0. Off only to see what it is for.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> rule, theta = Adam(lr=0.1), np.array([1.0])
    >>> delta, state = rule.update(np.array([1000.0]), rule.init(theta), theta)
    >>> round(float(delta[0]), 6)  # the first step is lr, whatever the size of the gradient
    -0.1

    Reference: Kingma and Ba, Adam: A Method for Stochastic Optimization (ICLR 2015), algorithm 1.
    Differs from torch: the state is an argument and a result; ``bias_correction=False`` has no twin in torch.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    bias_correction: bool = True

    def __post_init__(self) -> None:
        checks.in_interval("lr", self.lr, "[0, inf)")
        checks.pair("betas", self.betas)
        checks.in_interval("betas[0]", self.betas[0], "[0, 1)")
        checks.in_interval("betas[1]", self.betas[1], "[0, 1)")
        checks.in_interval("eps", self.eps, "[0, inf)")
        checks.flag("bias_correction", self.bias_correction)

    def init(self, param: Array) -> AdamState:
        xp = checks.namespace(param=param)
        return AdamState(step=0, m=xp.zeros_like(param), v=xp.zeros_like(param))

    def update(self, grad: Array, state: AdamState, param: Array) -> tuple[Array, AdamState]:
        xp = check_update(grad, param)
        beta1, beta2 = self.betas
        t = state.step + 1
        m = beta1 * state.m + (1 - beta1) * grad  # m_t = β₁ m_{t-1} + (1-β₁) g_t
        v = beta2 * state.v + (1 - beta2) * grad * grad  # v_t = β₂ v_{t-1} + (1-β₂) g_t²
        m_hat = m / (1 - beta1**t) if self.bias_correction else m  # m̂_t = m_t / (1-β₁ᵗ)
        v_hat = v / (1 - beta2**t) if self.bias_correction else v  # v̂_t = v_t / (1-β₂ᵗ)
        delta = -self.lr * m_hat / (xp.sqrt(v_hat) + self.eps)  # θ_{t+1} - θ_t = -α m̂_t / (√v̂_t + ε)
        return delta, AdamState(t, m, v)

    def to_torch(self, params: Any) -> Any:
        """torch's own: ``torch.optim.Adam``.

        Raises:
            ValueError: ``bias_correction`` is off; torch cannot do that.
        """
        import torch

        if not self.bias_correction:
            raise ValueError("torch.optim.Adam always corrects the bias, got bias_correction=False.")
        return torch.optim.Adam(params, lr=self.lr, betas=self.betas, eps=self.eps)
