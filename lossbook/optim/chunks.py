"""One update of a large array, piece by piece, so that all numbers that the rule works on stay in the cache."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import array_api_compat
import numpy as np

from lossbook.checks import Array
from lossbook.optim.base import at_rate, zeros

CACHE = {"torch": 1 << 19, "numpy": 1 << 17}  # number of elements of all arrays of one piece together


def step_in_place(rule: Any, grad: Array, state: Any, param: Array, lr: Any = None) -> Any:
    """Add the rule's delta to ``param``, and return the next state, which may reuse the arrays of ``state``.

    The rule itself stays pure; only this function, which belongs to the loop, changes arrays. A rule whose class does
    not set ``elementwise`` gets the whole array, at any size.

    Args:
        rule: a rule of :mod:`lossbook.optim`.
        grad: shape of ``param``.
        state: as ``rule.init(param)`` or the last call gave it; do not use it afterwards.
        param: any shape, changed in place.
        lr: learning rate of this step; by default the rule's own ``lr``; a schedule is then read at ``state.step``.

    Raises:
        ValueError, TypeError: as ``rule.update``; a NumPy scalar, which cannot be changed in place.

    >>> import numpy as np
    >>> from lossbook.optim import SGD
    >>> theta, rule = np.array([1.0]), SGD(lr=0.1)
    >>> state = step_in_place(rule, np.array([2.0]), rule.init(theta), theta)
    >>> theta.tolist()
    [0.8]
    """
    rule = at_rate(rule, lr)
    if isinstance(param, np.generic):
        raise TypeError(f"param must be an array, which can be changed in place, got the NumPy scalar {param!r}.")
    cache = CACHE["torch" if array_api_compat.is_torch_array(param) else "numpy"]
    if math.prod(param.shape) > cache // (2 + len(state)) and _can_be_cut(rule):
        state = _filled(rule, state, param)
        if all(_is_contiguous(array) and array.shape == param.shape for array in (param, grad, *_arrays(state))):
            return _piece_by_piece(rule, grad, state, param, cache)
    delta, state = rule.update(grad, state, param)
    param += delta
    return state


def _piece_by_piece(rule: Any, grad: Array, state: Any, param: Array, cache: int) -> Any:
    where = [index for index, value in enumerate(state) if array_api_compat.is_array_api_obj(value)]
    flat = [array.reshape(-1) for array in (param, grad, *_arrays(state))]
    size = cache // len(flat)
    for start in range(0, len(flat[0]), size):
        p, g, *parts = (array[start : start + size] for array in flat)
        piece = list(state)
        for index, part in zip(where, parts, strict=True):
            piece[index] = part
        delta, new = rule.update(g, type(state)(*piece), p)
        p += delta
        for index, part in zip(where, parts, strict=True):
            part[...] = new[index]
    return type(state)(*(state[index] if index in where else value for index, value in enumerate(new)))


def _can_be_cut(rule: Any) -> bool:
    """Whether the rule's own class sets ``elementwise``, and no setting is an array with one number per run."""
    if not vars(type(rule)).get("elementwise", False):
        return False
    return not any(array_api_compat.is_array_api_obj(getattr(rule, field.name)) for field in fields(rule))


def _filled(rule: Any, state: Any, param: Array) -> Any:
    """The state, with zeros for each array that it lacks because a setting has just been switched on."""
    if all(value is not None for value in state):
        return state
    fresh = rule.init(param.reshape(-1)[:0])
    missing = [old is None and new is not None for old, new in zip(state, fresh, strict=True)]
    return type(state)(*(zeros(param) if new else old for old, new in zip(state, missing, strict=True)))


def _arrays(state: Any) -> list[Array]:
    return [value for value in state if array_api_compat.is_array_api_obj(value)]


def _is_contiguous(array: Array) -> bool:
    return array.is_contiguous() if array_api_compat.is_torch_array(array) else array.flags.c_contiguous
