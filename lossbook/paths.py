"""A setting inside nested frozen objects, named by a dotted path: ``"optimizer.lr"``, ``"model.sizes.1"``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from lossbook.values import Value, same, shown


@dataclass(frozen=True, eq=False)
class Difference(Value):
    """One leaf in which two objects differ.

    >>> print(Difference("optimizer.lr", 5.0, 0.1))
    optimizer.lr: 5.0 -> 0.1
    """

    path: str  #: dotted, from the outermost object
    old: Any  #: the value in the first object
    new: Any  #: the value in the second

    def __str__(self) -> str:
        return f"{self.path or 'the whole'}: {shown(self.old, 120)} -> {shown(self.new, 120)}"


def value_at(config: Any, path: str) -> Any:
    """The value at ``path``.

    Raises:
        ValueError: there is no such field; the message names the ones that are there.

    >>> from lossbook.optim import SGD
    >>> value_at(SGD(lr=0.5), "lr")
    0.5
    """
    for name in _names(path):
        config = _children(config, name, path)[name]
    return config


def replace_at(config: Any, path: str, value: Any) -> Any:
    """A copy of ``config`` with another value at ``path``; every object on the way is built, and so checked, anew.

    Args:
        config: a frozen dataclass; its fields may be dataclasses and tuples in turn.
        path: names of fields and indices of tuples, joined by dots.
        value: the new value; it must pass the checks of the object that holds it.

    Raises:
        ValueError: there is no such field; the message names the ones that are there.

    >>> from lossbook.optim import SGD
    >>> replace_at(SGD(lr=5.0), "lr", 0.1)
    SGD(lr=0.1, momentum=0.0, nesterov=False, weight_decay=0.0)
    """
    return _replaced(config, _names(path), value, path)


def diff(old: Any, new: Any) -> list[Difference]:
    """The leaves in which two objects differ, in the order of their fields; empty if they are equal.

    Objects of different types are one difference, at their place. Arrays and tensors are compared as wholes, by shape,
    dtype and numbers; NaN is equal to NaN.

    >>> from lossbook.optim import SGD
    >>> print(*diff(SGD(lr=5.0), SGD(lr=0.1)), sep="\\n")
    lr: 5.0 -> 0.1
    """
    return list(_differences(old, new, ()))


def _differences(old: Any, new: Any, path: tuple[str, ...]) -> Any:
    inside = is_dataclass(old) or (isinstance(old, tuple) and len(old) == len(new)) if type(old) is type(new) else False
    if inside and _parts(old):
        for name, part in _parts(old).items():
            yield from _differences(part, _parts(new)[name], (*path, name))
    elif not same(old, new):
        yield Difference(".".join(path), old, new)


def _parts(config: Any) -> dict[str, Any]:
    """name -> value for the next name in a path: the fields of a dataclass, or the items of a tuple."""
    if isinstance(config, tuple):
        return {str(index): item for index, item in enumerate(config)}
    if is_dataclass(config) and not isinstance(config, type):
        return {item.name: getattr(config, item.name) for item in fields(config) if item.init}
    return {}


def _children(config: Any, name: str, path: str) -> dict[str, Any]:
    parts = _parts(config)
    if name not in parts:
        there = ", ".join(parts) if parts else "nothing inside"
        near = difflib.get_close_matches(name, parts, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        kind = type(config).__name__
        raise ValueError(f"path must lead to a field, got {path!r}: {kind} has no {name!r}; it has {there}.{hint}")
    return parts


def _replaced(config: Any, names: list[str], value: Any, path: str) -> Any:
    if not names:
        return value
    name, *rest = names
    part = _replaced(_children(config, name, path)[name], rest, value, path)
    if isinstance(config, tuple):
        index = int(name)
        items = (*config[:index], part, *config[index + 1 :])
        return type(config)._make(items) if hasattr(config, "_make") else items
    return replace(config, **{name: part})


def _names(path: str) -> list[str]:
    if not isinstance(path, str) or not all(path.split(".")):
        raise ValueError(f"path must be names joined by dots, as 'optimizer.lr', got {path!r}.")
    return path.split(".")
