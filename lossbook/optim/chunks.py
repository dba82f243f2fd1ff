"""One update of a large array, piece by piece, so that all that the rule touches stays in the cache."""

from __future__ import annotations

import math
from typing import Any

import array_api_compat

from lossbook.checks import Array
from lossbook.optim.base import Rule

CACHE = {"torch": 1 << 19, "numpy": 1 << 17}  # elements of all arrays of one piece together


def step_in_place(rule: Rule, grad: Array, state: Any, param: Array) -> Any:
    """Add the rule's delta to ``param``, and return the next state, whose arrays may be those of ``state``.

    The rule itself stays pure; this is the loop's side of it, for a parameter that is worth the care.

    Args:
        rule: a rule of :mod:`lossbook.optim`; each works element by element.
        grad: shape of ``param``.
        state: as ``rule.init(param)`` or the last call gave it; do not use it afterwards.
        param: any shape, changed in place.

    Raises:
        ValueError, TypeError: as ``rule.update``.

    >>> import numpy as np
    >>> from lossbook.optim import SGD
    >>> theta, rule = np.array([1.0]), SGD(lr=0.1)
    >>> state = step_in_place(rule, np.array([2.0]), rule.init(theta), theta)
    >>> theta.tolist()
    [0.8]
    """
    fields = [index for index, value in enumerate(state) if array_api_compat.is_array_api_obj(value)]
    whole = [param, grad, *(state[index] for index in fields)]
    size = CACHE["torch" if array_api_compat.is_torch_array(param) else "numpy"] // len(whole)
    count = math.prod(param.shape)
    if count <= size or not all(_is_contiguous(array) and array.shape == param.shape for array in whole):
        delta, state = rule.update(grad, state, param)
        param += delta
        return state
    flat = [array.reshape(-1) for array in whole]
    for start in range(0, count, size):
        p, g, *parts = (array[start : start + size] for array in flat)
        piece = list(state)
        for index, part in zip(fields, parts, strict=True):
            piece[index] = part
        delta, new = rule.update(g, type(state)(*piece), p)
        p += delta
        for index, part in zip(fields, parts, strict=True):
            part[...] = new[index]
    return type(state)(*(state[index] if index in fields else value for index, value in enumerate(new)))


def _is_contiguous(array: Array) -> bool:
    return array.is_contiguous() if array_api_compat.is_torch_array(array) else array.flags.c_contiguous
