"""The base of every optimiser: a frozen rule for one array. The loop owns the parameters and the states."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import array_api_compat
import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.precision import is_half, rounded, widened, working_dtype

LearningRate = float | Callable[[int], float]  #: a number, or a schedule of ``lossbook.schedules``


@dataclass(frozen=True)
class Rule:
    """An update rule for one array, written once for NumPy and torch.

    ``State`` is a NamedTuple whose first field is the number of steps done, a Python int. A subclass defines ``init``,
    ``_update`` with the lines of its rule, and ``to_torch``. Arrays may have a leading axis of many runs, since every
    rule here works element by element.
    """

    #: Whether each element's update depends on that element alone, so that a large array may be updated piece by piece.
    #: A subclass does not inherit it, since it may look at the whole array.
    elementwise: ClassVar[bool] = False

    lr: LearningRate

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _as_python(getattr(self, field.name)))
        checks.learning_rate("lr", self.lr)

    @property
    def takes_sparse(self) -> bool:
        """Whether ``update`` is right for a sparse gradient of torch."""
        return False

    def init(self, param: Array) -> Any:
        """The state before the first step, for a parameter of this shape and dtype; float32 for half precision."""
        raise NotImplementedError

    def update(self, grad: Array, state: Any, param: Array, lr: Any = None) -> tuple[Array, Any]:
        """The array to *add* to ``param`` (in its shape and dtype), and the next state. Changes none of its arguments.

        Args:
            grad: gradient, in the shape and dtype of ``param``.
            state: as ``init(param)`` or the last call gave it.
            param: any shape, in a real floating dtype. Half precision is computed in float32 and rounded once.
            lr: learning rate of this update; the training loop reads the schedule once a step and passes the rate. By
                default the rule's own ``lr``; a schedule is then read at ``state.step``.

        Raises:
            ValueError: ``grad`` and ``param`` have different shapes; a learning rate below 0.
            TypeError: they have different dtypes, or one that is not floating, or come from different libraries.
        """
        xp = checks.namespace(grad=grad, param=param)
        checks.same_shape(grad=grad, param=param)
        if grad.dtype != param.dtype:
            checks.same_dtype(grad=grad, param=param)
        checks.floating(xp, param=param)
        rate = lr_at(self.lr if lr is None else lr, state.step)
        if not isinstance(rate, float):  # an array, one rate for each of many runs
            rate = rounded(xp, rate, working_dtype(xp, param.dtype))
        if not is_half(param.dtype):
            delta, after = self._update(xp, grad, state, param, rate)
        else:
            wide = (widened(xp, part) if array_api_compat.is_array_api_obj(part) else part for part in state)
            delta, after = self._update(xp, widened(xp, grad), type(state)(*wide), widened(xp, param), rate)
        return rounded(xp, delta, param.dtype), after

    def _update(self, xp: Any, grad: Array, state: Any, param: Array, lr: Any) -> tuple[Array, Any]:
        """The rule itself, for arguments that have been checked; ``xp`` is their namespace."""
        raise NotImplementedError

    def to_torch(self, params: Any) -> Any:
        """torch's own optimiser with the same settings. A schedule becomes torch's scheduler, which steps by itself."""
        raise NotImplementedError

    def with_lr(self, lr: LearningRate) -> Self:
        """The same rule at another learning rate, a number or a schedule.

        >>> from lossbook.optim import SGD
        >>> SGD(lr=0.1, momentum=0.9).with_lr(0.5)
        SGD(lr=0.5, momentum=0.9, nesterov=False, weight_decay=0.0)
        """
        return replace(self, lr=lr)

    def scaled(self, factor: float) -> Self:
        """The same rule with its learning rate, a number or a schedule, multiplied by ``factor``."""
        return self.with_lr(scaled_lr(self.lr, factor))


def scaled_lr(lr: LearningRate, factor: float) -> LearningRate:
    """A learning rate (a number, a schedule or any function of the step) multiplied by ``factor``."""
    if hasattr(lr, "scaled"):
        return lr.scaled(factor)
    return (lambda step: factor * lr(step)) if callable(lr) else factor * lr


def lr_at(lr: Any, step: int) -> Any:
    """The learning rate of the update after ``step`` updates: a Python float, or an array with one rate per run.

    Raises:
        ValueError: it is below 0, or NaN. It may be infinite: a diverging run may diverge.
    """
    rate = lr(step) if callable(lr) else lr
    if getattr(rate, "ndim", 0):
        return rate
    rate = rate.item() if hasattr(rate, "item") else rate  # a NumPy scalar or a torch tensor
    checks.number("lr", rate)
    if not rate >= 0:
        checks.in_interval("lr", rate, "[0, inf)")
    return float(rate)


def at_rate(rule: Any, lr: Any) -> Any:
    """The rule at one step: a copy whose ``lr`` is this number; the rule itself if ``lr`` is None.

    So the training loop evaluates the schedule, and every rule, a user's own too, finds a number as its ``lr``.
    """
    if lr is None:
        return rule
    now = copy.copy(rule)
    object.__setattr__(now, "lr", lr)
    return now


def updated(
    rule: Any, grads: dict[str, Array], states: dict[str, Any], params: dict[str, Array], lr: Any = None
) -> tuple[dict[str, Array], dict[str, Any]]:
    """The next parameters and states, by name; none of the arguments is changed.

    ``lr`` is the rate of this step; by default the rule's own ``lr``; a schedule is then read at each state's step.
    """
    moved, after = {}, {}
    for name, param in params.items():
        own = rule.rule_of(name) if hasattr(rule, "rule_of") else rule  # one of several groups
        delta, after[name] = at_rate(own, lr).update(grads[name], states[name], param)
        moved[name] = param + delta
    return moved, after


def is_nonzero(setting: float) -> bool:
    """Whether a setting does anything: it is not 0, or it is an array with one number for each of many runs."""
    return not isinstance(setting, (int, float)) or setting != 0


def zeros(param: Array) -> Array:
    """An array of zeros like the parameter; in float32 for half precision, where small squares become 0."""
    xp = checks.namespace(param=param)
    return xp.zeros_like(param, dtype=working_dtype(xp, param.dtype))


def or_zeros(array: Array | None, param: Array) -> Array:
    """An array of the state; zeros like ``param`` if the setting that needs it has just been switched on."""
    return zeros(param) if array is None else array


def decayed(grad: Array, param: Array, weight_decay: float) -> Array:
    """The gradient with coupled weight decay: g_t + w θ_t."""
    return plus_scaled(grad, weight_decay, param) if is_nonzero(weight_decay) else grad


def plus_scaled(x: Array, scale: float, y: Array) -> Array:
    """x + scale · y; in torch in one pass over the memory, since such passes are most of the cost of an SGD step."""
    if array_api_compat.is_torch_array(x) and isinstance(scale, (int, float)):
        return x.add(y, alpha=scale)
    return x + scale * y


def running_mean(mean: Array, new: Array, keep: float) -> Array:
    """The next running mean, keep · mean + (1-keep) · new; in torch in one pass, as :func:`plus_scaled`."""
    if array_api_compat.is_torch_array(mean):
        return mean.lerp(new, 1 - keep)
    result = keep * mean
    result += (1 - keep) * new  # a new array; none of the arguments is changed
    return result


def torch_optimizer(kind: type, params: Any, lr: LearningRate, **knobs: Any) -> Any:
    """torch's optimiser of this ``kind``; a schedule becomes torch's scheduler, which moves on after each step."""
    if not callable(lr):
        return kind(params, lr=lr, **knobs)
    from lossbook.optim.with_schedule import scheduled  # it imports torch

    return scheduled(kind, params, lr, **knobs)


def _as_python(value: Any) -> Any:
    """NumPy numbers as Python numbers, which do not change the dtype of an array that they are combined with."""
    if isinstance(value, tuple):
        return tuple(map(_as_python, value))
    return value.item() if isinstance(value, np.generic) else value
