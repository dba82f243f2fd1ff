"""Many runs at once: one rule that gives each run its own settings."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import array_api_compat

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import Rule, lr_at
from lossbook.precision import working_dtype


def batched(rules: Sequence[Rule], like: Array) -> Rule:
    """One rule for many runs, whose parameters are stacked along a leading axis.

    The settings in which ``rules`` differ become arrays with one number per run, (runs, 1, ..., 1), so that the rule's
    own ``update`` broadcasts them. A setting that all rules share stays one number.

    Args:
        rules: one for each run, all of one class; numbers, pairs of numbers and learning rates may differ.
        like: a stacked parameter, (runs, ...), which gives the number of axes, the dtype and the device.

    Raises:
        ValueError: not one rule for each run.
        TypeError: rules of several classes, or that differ in a setting which is no number, such as ``nesterov``.

    >>> import numpy as np
    >>> from lossbook.optim import SGD
    >>> theta = np.ones((2, 3))  # two runs of a parameter of shape (3,)
    >>> rule = batched([SGD(lr=0.1), SGD(lr=0.5)], theta)
    >>> rule.update(np.ones((2, 3)), rule.init(theta), theta)[0].tolist()
    [[-0.1, -0.1, -0.1], [-0.5, -0.5, -0.5]]
    """
    if len(rules) != like.shape[0]:
        raise ValueError(f"rules must hold one rule for each run, {like.shape[0]}, got {len(rules)}.")
    kinds = sorted({type(rule).__name__ for rule in rules})
    if len(kinds) > 1:
        raise TypeError(f"rules must be of one class, got {', '.join(kinds)}.")
    many = copy.copy(rules[0])  # each was checked when it was built; arrays would not pass those checks
    for field in fields(many):
        values = [getattr(rule, field.name) for rule in rules]
        object.__setattr__(many, field.name, _bound(field.name, values, like))
    return many


@dataclass(frozen=True)
class LearningRates:
    """The learning rates of many runs, of which some follow a schedule."""

    each: tuple[Any, ...]  #: number or schedule, one for each run
    like: Array  #: the stacked parameter

    def __call__(self, step: int) -> Array:
        return _column([lr_at(lr, step) for lr in self.each], self.like)


def _bound(name: str, values: list[Any], like: Array) -> Any:
    """One setting for all runs: the value that they share, an array with one number per run, or a schedule."""
    if all(value == values[0] for value in values):
        return values[0]
    if any(map(callable, values)):
        return LearningRates(tuple(values), like)
    if all(isinstance(value, tuple) for value in values):
        return tuple(_bound(name, list(column), like) for column in zip(*values, strict=True))
    for value in values:
        checks.number(name, value)
    return _column(values, like)


def _column(values: list[float], like: Array) -> Array:
    """One number per run, in the shape that broadcasts against ``like``."""
    xp = checks.namespace(like=like)
    column = xp.asarray(values, dtype=working_dtype(xp, like.dtype), device=array_api_compat.device(like))
    return xp.reshape(column, (-1, *[1] * (like.ndim - 1)))
