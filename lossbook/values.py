"""Whether two values are the same, also arrays, NaN and modules; and how to show a value in one line."""

from __future__ import annotations

import inspect
import sys
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

NUMBER = (int, float, complex, np.generic)


def same(a: Any, b: Any, _under_way: frozenset[tuple[int, int]] = frozenset()) -> bool:
    """Whether two values are the same: numbers exactly, without any tolerance.

    NaN equals NaN, and -0.0 equals 0.0. Arrays and tensors are the same if their shape, dtype and content are; tuples,
    lists, dicts, dataclasses (the fields that count in a comparison) and torch modules if all their parts are; anything
    else if ``==`` says so.

    >>> same((1.0, float("nan")), (1.0, float("nan"))), same(np.zeros(2), np.zeros(3))
    (True, False)
    """
    if a is b or (id(a), id(b)) in _under_way:
        return True
    if isinstance(a, NUMBER) and isinstance(b, NUMBER):
        a, b = _plain(a), _plain(b)
        return bool(a == b or (a != a and b != b))  # NaN alone differs from itself
    if type(a) is not type(b):
        return _equal(a, b)
    if (one := _parts(a)) is not None and (other := _parts(b)) is not None:
        inside = _under_way | {(id(a), id(b))}
        return one.keys() == other.keys() and all(same(one[name], other[name], inside) for name in one)
    return _same_arrays(a, b) if hasattr(a, "__array__") else _equal(a, b)


def hash_of(value: Any) -> int:
    """A hash that is equal for values that are :func:`same`; of an array it uses only the shape.

    >>> hash_of((1.0, float("nan"))) == hash_of((1.0, float("nan")))
    True
    """
    if isinstance(value, NUMBER):
        return hash(_plain(value)) if value == value else 0
    if isinstance(value, (tuple, list)):
        return hash(tuple(map(hash_of, value)))
    if is_dataclass(value) and not isinstance(value, type):
        return hash((type(value), *map(hash_of, (_parts(value) or {}).values())))
    if hasattr(value, "__array__"):
        return hash((type(value), tuple(value.shape))) if hasattr(value, "shape") else hash(type(value))
    if isinstance(value, dict) or _is_module(value):
        return hash(tuple(sorted(map(str, _parts(value) or {}))))
    try:
        return hash(value)
    except TypeError:
        return hash(type(value))


class Value:
    """A dataclass with ``eq=False`` that inherits from this is equal to another if all its parts are :func:`same`."""

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash_of(self)


def shown(value: Any, at_most: int = 80) -> str:
    """``repr(value)`` for a message: in one line, and shortened if it is long.

    >>> shown(0.5), shown(list(range(100)), at_most=20)
    ('0.5', '[0, 1, 2, 3, 4, 5...')
    """
    try:
        text = repr(value)
    except Exception:  # the object may be half built, and the message is about something else
        text = object.__repr__(value)
    if "\n" in text:
        text = " ".join(text.split())
    return text if len(text) <= at_most else f"{text[: at_most - 3]}..."


def shown_call(kind: type) -> str:
    """How an object of this class is made, as far as a message can tell: ``Net()``, or ``Net(...)``."""
    try:
        inspect.signature(kind).bind()
        return f"{kind.__name__}()"
    except (TypeError, ValueError):  # the class needs arguments, or does not say which
        return f"{kind.__name__}(...)"


def _plain(number: Any) -> Any:
    """A number as a Python number: NumPy would compare 0.1 with its float32 in float32, where they are equal."""
    return number.item() if isinstance(number, np.generic) else number


def _parts(value: Any) -> dict[Any, Any] | None:
    """The parts of a value by name; None if it is compared as a whole."""
    if isinstance(value, (tuple, list)):
        return dict(enumerate(value))
    if isinstance(value, dict):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in fields(value) if item.compare}
    return vars(value) if _is_module(value) else None


def _is_module(value: Any) -> bool:
    torch = sys.modules.get("torch")  # if there is a module, torch has been imported
    return torch is not None and isinstance(value, torch.nn.Module)


def _same_arrays(a: Any, b: Any) -> bool:
    """Whether two arrays of one type are the same."""
    if any(getattr(a, name, None) != getattr(b, name, None) for name in ("shape", "dtype", "device", "requires_grad")):
        return False
    try:
        if not hasattr(a, "dtype"):  # a table, whose columns have dtypes of their own
            a, b = np.asarray(a), np.asarray(b)
        return a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())
    except (RuntimeError, TypeError, ValueError):
        return False  # they cannot be compared


def _equal(a: Any, b: Any) -> bool:
    """Whether ``==`` says yes; an array of answers or an error counts as no."""
    try:
        answer = a == b
    except Exception:  # a user's class may raise anything
        return False
    return isinstance(answer, (bool, np.bool_)) and bool(answer)
