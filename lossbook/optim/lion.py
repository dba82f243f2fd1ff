"""Lion: every parameter moves by the same amount; only the sign of its momentum counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import LearningRate, Rule, running_mean, zeros


class LionState(NamedTuple):
    step: int  # number of steps done
    m: Array  # shape of the parameter: running mean of the gradient


@dataclass(frozen=True)
class Lion(Rule):
    r"""Lion: the sign of an interpolation between momentum and gradient, with decoupled weight decay.

    The rule: :math:`c_t = \beta_1 m_{t-1} + (1-\beta_1) g_t`,
    :math:`\theta_{t+1} = \theta_t - \alpha(\mathrm{sign}(c_t) + w \theta_t)`,
    :math:`m_t = \beta_2 m_{t-1} + (1-\beta_2) g_t`.

    Args:
        lr: learning rate: the change of every parameter in one step, in parameter units, in [0, inf), or a schedule.
        betas: weight of the momentum in the step, and how much of the momentum is kept, each in [0, 1).
        weight_decay: :math:`w`, in [0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> import numpy as np
    >>> rule, theta = Lion(lr=0.1), np.array([1.0, 1.0])
    >>> rule.update(np.array([1000.0, -0.001]), rule.init(theta), theta)[0].tolist()
    [-0.1, 0.1]

    In a training loop: ``TorchOptimizer(model.parameters(), Lion(lr=1e-4))``.

    Reference: Chen et al., Symbolic Discovery of Optimization Algorithms (NeurIPS 2023), algorithm 2.
    Differs from torch: torch has no Lion.
    """

    elementwise: ClassVar[bool] = True

    lr: LearningRate = 1e-4
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.betas("betas", self.betas)
        checks.in_interval("weight_decay", self.weight_decay, "[0, inf)")

    def init(self, param: Array) -> LionState:
        return LionState(step=0, m=zeros(param))

    def _update(self, xp: Any, grad: Array, state: LionState, param: Array, lr: Any) -> tuple[Array, LionState]:
        beta1, beta2 = self.betas
        c = running_mean(state.m, grad, beta1)  # c_t = β₁ m_{t-1} + (1-β₁) g_t
        delta = -lr * (xp.sign(c) + self.weight_decay * param)  # -α (sign c_t + w θ_t)
        m = running_mean(state.m, grad, beta2)  # m_t = β₂ m_{t-1} + (1-β₂) g_t
        return delta, LionState(state.step + 1, m)

    def to_torch(self, params: Any) -> Any:
        """Raises ``NotImplementedError``: torch has no Lion."""
        raise NotImplementedError(
            "torch has no Lion; use TorchOptimizer(params, Lion(...)), which is a torch optimiser."
        )
