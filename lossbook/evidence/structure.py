"""Tensors within whatever a batch or an output is made of: tuples, dicts, dataclasses, one within another."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor
from torch.utils import _pytree


def leaves(value: Any) -> list[Any]:
    """All that a structure holds, in a fixed order; one value is a structure of its own.

    >>> leaves({"ids": 1, "more": (2, [3])})
    [1, 2, 3]
    """
    if isinstance(value, Tensor):
        return [value]
    if type(value) in (tuple, list):  # the usual ones, in less time than the general way takes
        return [leaf for each in value for leaf in leaves(each)]
    if type(value) is dict:
        return [leaf for each in value.values() for leaf in leaves(each)]
    found: list[Any] = []
    for leaf in _pytree.tree_leaves(value):
        if isinstance(leaf, Mapping):  # a dict of another class, such as a tokenizer's
            found += [each for value in leaf.values() for each in leaves(value)]
        elif _is_record(leaf):
            found += [each for field in dataclasses.fields(leaf) for each in leaves(getattr(leaf, field.name, None))]
        else:
            found.append(leaf)
    return found


def tensors(value: Any) -> list[Tensor]:
    """The tensors among the leaves."""
    return [leaf for leaf in leaves(value) if isinstance(leaf, Tensor)]


def mapped(function: Callable[[Any], Any], value: Any, kind: type = Tensor) -> Any:
    """The same structure with each tensor replaced by ``function`` of it; what is no tensor, or no ``kind``, stays.

    >>> import torch
    >>> mapped(len, {"ids": torch.zeros(3), "names": ["a"]})
    {'ids': 3, 'names': ['a']}
    """

    def one(leaf: Any) -> Any:
        if isinstance(leaf, kind):
            return function(leaf)
        if isinstance(leaf, Mapping):
            other: Any = copy.copy(leaf)
            for name, inner in leaf.items():
                other[name] = mapped(function, inner, kind)
            return other
        if not _is_record(leaf):
            return leaf
        record = copy.copy(leaf)  # no call of __init__, which may want other arguments or compute something
        for field in [each for each in dataclasses.fields(leaf) if hasattr(leaf, each.name)]:
            object.__setattr__(record, field.name, mapped(function, getattr(leaf, field.name), kind))
        return record

    return _pytree.tree_map(one, value)


def _is_record(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)
