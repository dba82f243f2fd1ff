"""Tensors within whatever a batch or an output is made of: tuples, dicts, objects, one within another."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.distributions import Distribution
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
        elif names := _attributes(leaf):
            found += [each for name in names for each in leaves(getattr(leaf, name))]
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
        if not (names := _attributes(leaf, kind)):
            return leaf
        record = copy.copy(leaf)  # no call of __init__, which may want other arguments or compute something
        for name in names:
            object.__setattr__(record, name, mapped(function, getattr(leaf, name), kind))
        return record

    return _pytree.tree_map(one, value)


def _attributes(value: Any, kind: type = Tensor) -> list[str]:
    """The names of what an object holds: a dataclass, or another one with tensors or a ``kind``, as a distribution.

    Distributions may hold others, as ``Beta``, ``Independent`` and mixtures do.
    """
    if isinstance(value, (type, nn.Module)) or type(value).__module__.partition(".")[0] == "lossbook":
        return []
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value) if hasattr(value, field.name)]
    held = getattr(value, "__dict__", None)
    if type(held) is not dict:
        return []
    return [name for name, each in held.items() if isinstance(each, (Tensor, kind, Distribution))]
