"""What every optimiser here is: a frozen rule for one array. The loop owns the parameters and the states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import array_api_compat

from lossbook import checks
from lossbook.checks import Array

LearningRate = float | Callable[[int], float]  #: a number, or a schedule of ``lossbook.schedules``


@dataclass(frozen=True)
class Rule:
    """An update rule for one array, written once for NumPy and torch.

    ``State`` is a NamedTuple whose first field is the number of steps done, a Python int. A leading axis of many
    runs goes through unchanged, since every rule here works element by element.
    """

    lr: LearningRate

    def __post_init__(self) -> None:
        checks.learning_rate("lr", self.lr)

    def init(self, param: Array) -> Any:
        """The state before the first step, for a parameter of this shape and dtype."""
        raise NotImplementedError

    def update(self, grad: Array, state: Any, param: Array) -> tuple[Array, Any]:
        """What to *add* to ``param`` (in its shape and dtype), and the next state. Changes none of its arguments."""
        raise NotImplementedError

    def to_torch(self, params: Any) -> Any:
        """torch's own optimiser with the same settings. A schedule becomes torch's scheduler, which steps by itself."""
        raise NotImplementedError


def lr_at(lr: LearningRate, step: int) -> float:
    """The learning rate of the update after ``step`` updates, a Python float; or an array of many runs' rates."""
    if not callable(lr):
        return lr
    rate = lr(step)
    return rate if getattr(rate, "ndim", 0) else float(rate)


def updated(
    rule: Rule, grads: dict[str, Array], states: dict[str, Any], params: dict[str, Array]
) -> tuple[dict[str, Array], dict[str, Any]]:
    """The next parameters and states, by name; none of the arguments is changed."""
    moved, after = {}, {}
    for name, param in params.items():
        delta, after[name] = rule.update(grads[name], states[name], param)
        moved[name] = param + delta
    return moved, after


def in_use(setting: float) -> bool:
    """Whether a setting does anything: it is not 0, or it is an array with one number for each of many runs."""
    return not isinstance(setting, (int, float)) or setting != 0


def zeros(param: Array) -> Array:
    """An array of zeros like the parameter."""
    return checks.namespace(param=param).zeros_like(param)


def check_update(grad: Array, param: Array) -> Any:
    """The namespace of a gradient and its parameter, which must have one shape."""
    xp = checks.namespace(grad=grad, param=param)
    checks.same_shape(grad=grad, param=param)
    return xp


def decayed(grad: Array, param: Array, weight_decay: float) -> Array:
    """The gradient with coupled weight decay: g_t + λ θ_t."""
    return plus_scaled(grad, weight_decay, param) if in_use(weight_decay) else grad


def plus_scaled(x: Array, scale: float, y: Array) -> Array:
    """x + scale · y; in torch in one pass over the memory, which is most of what a step of SGD costs."""
    if array_api_compat.is_torch_array(x) and isinstance(scale, (int, float)):
        return x.add(y, alpha=scale)
    return x + scale * y


def torch_optimizer(kind: type, params: Any, lr: LearningRate, **knobs: Any) -> Any:
    """torch's optimiser of this ``kind``; a schedule becomes torch's scheduler, and steps after each step."""
    optimizer = kind(params, lr=lr_at(lr, 0), **knobs)
    if callable(lr):
        scheduler = lr.to_torch(optimizer)  # type: ignore[attr-defined]
        optimizer.register_step_post_hook(lambda *_: scheduler.step())
    return optimizer


def running_mean(mean: Array, new: Array, keep: float) -> Array:
    """The next running mean, keep · mean + (1-keep) · new; in torch in one pass, as :func:`plus_scaled`."""
    if array_api_compat.is_torch_array(mean):
        return mean.lerp(new, 1 - keep)
    result = keep * mean
    result += (1 - keep) * new  # a new array; none of the arguments is changed
    return result
