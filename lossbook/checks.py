"""Checks of arguments. Every message about a bad argument is worded here, and nowhere else.

Each check takes the argument's name first, so that the message can say which one is meant, and ends with the value
that was received. A check returns nothing and changes nothing: a wrong argument raises, it is never repaired.
"""

from __future__ import annotations

import difflib
import functools
import math
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import array_api_compat
import numpy as np

from lossbook.values import shown, shown_call

Array = Any  #: a NumPy array or a torch tensor, on any device


def number(name: str, value: Any) -> None:
    """Raise unless ``value`` is a Python number; NaN and infinity are."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a Python number, got {shown(value)} of type {type(value).__name__}.")
    if isinstance(value, int) and value.bit_length() > 1023:
        raise ValueError(f"{name} must be a number that a float can hold, got one of {value.bit_length()} bits.")


def in_interval(name: str, value: Any, interval: str) -> None:
    """Raise unless ``value`` is a real number inside ``interval``, written as in mathematics.

    >>> in_interval("momentum", 0.9, "[0, 1)")
    >>> in_interval("momentum", 1.5, "[0, 1)")
    Traceback (most recent call last):
    ValueError: momentum must lie in [0, 1), got 1.5.
    """
    number(name, value)
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = value > low or (interval[0] == "[" and value == low)
    below = value < high or (interval[-1] == "]" and value == high)
    if not (above and below):
        raise ValueError(f"{name} must lie in {interval}, got {value!r}.")


def each_in_interval(name: str, value: float | tuple[float, ...], interval: str) -> None:
    """As :func:`in_interval`, for a number or for each of a tuple."""
    if not isinstance(value, tuple):
        in_interval(name, value, interval)
        return
    for index, item in enumerate(value):
        in_interval(f"{name}[{index}]", item, interval)


def learning_rate(name: str, value: Any) -> None:
    """Raise unless ``value`` is a number in [0, inf) or a schedule: an object that is called with the step."""
    if isinstance(value, type) or not callable(value):
        in_interval(name, value, "[0, inf)")


def update_rule(name: str, value: Any) -> None:
    """Raise unless ``value`` is a rule of ``lossbook.optim``: an object with ``init(param)`` and ``update(...)``."""
    has = all(callable(getattr(value, method, None)) for method in ("init", "update"))
    if has and not isinstance(value, type):
        return
    got = f"the class {value.__name__}" if isinstance(value, type) else repr(value)
    if hasattr(value, "param_groups"):
        got = f"torch's optimiser {type(value).__name__}, which trains as it is"
    raise TypeError(
        f"{name} must be an update rule of lossbook.optim, an object such as Adam(lr=0.001), got {got}. "
        f"Write TorchOptimizer(model.parameters(), {value.__name__ + '()' if has else 'Adam(lr=0.001)'})."
    )


def same_names(name: str, got: Any, expected: Iterable[str], what: str) -> None:
    """Raise unless ``got`` holds exactly the ``expected`` names."""
    expected, held = sorted(expected), sorted(got or ())
    if held != expected:
        raise ValueError(f"{name} must be {what}, which holds {', '.join(expected)}; got {', '.join(held) or 'none'}.")


def whole_number(name: str, value: Any, at_least: int | None = None) -> None:
    """Raise unless ``value`` is an ``int``, of at least ``at_least``."""
    if isinstance(value, bool) or not isinstance(value, int):
        way_on = f": write int({name})" if isinstance(value, np.integer) else ""
        raise TypeError(f"{name} must be a whole number, got {shown(value)} of type {type(value).__name__}{way_on}.")
    if at_least is not None and value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value!r}.")


def seed(name: str, value: Any) -> None:
    """Raise unless ``value`` is a seed that both NumPy and torch take: an ``int`` from 0 to 2**64 - 1."""
    whole_number(name, value, 0)
    if value >= 2**64:
        raise ValueError(f"{name} must be at most 2**64 - 1, got {value!r}.")


def writable(name: str, path: Path) -> None:
    """Raise unless ``path`` (``~`` is the home folder) is a device or a pipe, or a file can be written there.

    Nothing is left there.
    """
    try:
        path = path.expanduser()
        reason = "it is a folder" if path.is_dir() else ""
        if path.is_file():
            path.open("ab").close()
        if path.is_file() or not path.exists():
            tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        reason = str(error.strerror)
    except (RuntimeError, ValueError) as error:  # no such home folder; a zero byte in the name
        reason = str(error)
    if reason:
        raise ValueError(f"{name} must be a file that can be written, got {str(path)!r}: {reason}.")


def flag(name: str, value: Any) -> None:
    """Raise unless ``value`` is ``True`` or ``False``."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {shown(value)}.")


def one_of(name: str, value: Any, allowed: Iterable[str]) -> None:
    """Raise unless ``value`` is one of the strings ``allowed``; the message offers the nearest one."""
    allowed = list(allowed)
    if not isinstance(value, str) or value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {shown(value)}.{hint}")


def namespace(**arrays: Array) -> Any:
    """The array-API namespace (NumPy's or torch's) that all ``arrays`` share.

    Raises:
        TypeError: an argument is no array, or the arguments mix NumPy with torch.
    """
    known = set(map(_namespace_of, map(type, arrays.values())))
    if len(known) == 1 and None not in known:
        return known.pop()
    for name, array in arrays.items():
        if not array_api_compat.is_array_api_obj(array):
            raise TypeError(f"{name} must be a NumPy array or a torch tensor, got {type(array).__name__}.")
    try:
        return array_api_compat.array_namespace(*arrays.values())
    except TypeError:
        kinds = ", ".join(f"{name} is {type(array).__module__.split('.')[0]}" for name, array in arrays.items())
        raise TypeError(f"{' and '.join(arrays)} must come from one library, got a mixture: {kinds}.") from None


@functools.cache
def _namespace_of(kind: type) -> Any:
    """The namespace of arrays of this very type; None for a type that has to be looked at."""
    if kind is np.ndarray:
        return array_api_compat.array_namespace(np.empty(0))
    if f"{kind.__module__}.{kind.__qualname__}" in ("torch.Tensor", "torch.nn.parameter.Parameter"):
        return array_api_compat.array_namespace(kind())
    return None


def same_shape(**arrays: Array) -> None:
    """Raise unless all ``arrays`` have one and the same shape. Nothing is broadcast."""
    if len({array.shape for array in arrays.values()}) == 1:
        return
    got = ", ".join(f"{name} {tuple(array.shape)}" for name, array in arrays.items())
    raise ValueError(f"{' and '.join(arrays)} must have the same shape, got {got}. Nothing is broadcast here.")


def shape(name: str, array: Array, expected: tuple[int, ...]) -> None:
    """Raise unless ``array`` has this shape. Nothing is broadcast."""
    if tuple(array.shape) != expected:
        raise ValueError(f"{name} must have shape {expected}, got {tuple(array.shape)}.")


def same_dtype(**arrays: Array) -> None:
    """Raise unless all ``arrays`` have one and the same dtype. Nothing is promoted."""
    dtypes = {name: str(array.dtype) for name, array in arrays.items()}
    if len(set(dtypes.values())) > 1:
        got = ", ".join(f"{name} {dtype}" for name, dtype in dtypes.items())
        raise TypeError(f"{' and '.join(dtypes)} must have the same dtype, got {got}.")


def divides(name: str, value: int, whole: int, what: str) -> None:
    """Raise unless ``whole`` is a multiple of ``value``."""
    if whole % value:
        raise ValueError(f"{name} must divide {what}, {whole}, got {value}.")


def not_empty(name: str, array: Array) -> None:
    """Raise if ``array`` holds no element: the mean of nothing is NaN."""
    if math.prod(array.shape) == 0:
        raise ValueError(f"{name} must hold at least one element, got shape {tuple(array.shape)}.")


def floating(xp: Any, **arrays: Array) -> None:
    """Raise unless every array has a real floating dtype."""
    for name, array in arrays.items():
        if not xp.isdtype(array.dtype, "real floating"):
            raise TypeError(f"{name} must have a floating dtype, got {array.dtype}.")


def integral(xp: Any, **arrays: Array) -> None:
    """Raise unless every array has an integer dtype."""
    for name, array in arrays.items():
        if not xp.isdtype(array.dtype, "integral"):
            raise TypeError(f"{name} must have an integer dtype, got {array.dtype}.")


def class_axis(logits: Array, target: Array) -> None:
    """Raise unless ``logits`` is (..., K) and ``target`` is (...): one class index for each row of logits."""
    if logits.ndim < 1 or tuple(target.shape) != tuple(logits.shape[:-1]):
        raise ValueError(
            "target must hold one class index per row of logits, "
            f"got logits {tuple(logits.shape)} and target {tuple(target.shape)}."
        )


def pair(name: str, value: Any) -> None:
    """Raise unless ``value`` is a tuple of two."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise TypeError(f"{name} must be a tuple of two numbers, got {shown(value)}.")


def by_label(name: str, value: Any, kind: type) -> None:
    """Raise unless ``value`` is a mapping from labels to objects of this kind."""
    noun = kind.__name__
    if not isinstance(value, Mapping):
        way = f'write {{"run": {noun.lower()}}}'
        raise TypeError(f"{name} must map labels to objects of type {noun}, got {type(value).__name__}: {way}.")
    for label, item in value.items():
        if not isinstance(item, kind):
            raise TypeError(f"{name}[{label!r}] must be a {noun}, got {type(item).__name__}.")


def one_each(name: str, items: list[Any], of: str, values: list[Any]) -> None:
    """Raise unless there is one item for each value, and one at least."""
    if not values:
        raise ValueError(f"{of} must hold at least one value, got none.")
    if len(items) != len(values):
        raise ValueError(f"{name} must hold one for each of {of}, {len(values)}, got {len(items)}.")


def has_method(name: str, value: Any, method: str, way_on: str = "") -> None:
    """Raise unless ``value`` is an object (not a class) with ``method``; ``way_on`` is a sentence more."""
    if isinstance(value, type):
        raise TypeError(f"{name} must be an object, got the class {value.__name__}: write {shown_call(value)}.")
    if not callable(getattr(value, method, None)):
        way_on = way_on and f" {way_on}"
        raise TypeError(f"{name} must have a method {method}(), got {shown(value)}.{way_on}")


def finite(xp: Any, **arrays: Array) -> None:
    """Raise if an array holds NaN or infinity; the message says where the first one stands."""
    for name, array in arrays.items():
        bad = ~xp.isfinite(array)
        if bool(xp.any(bad)):
            where = tuple(int(axis[0]) for axis in xp.nonzero(bad))
            count = int(xp.sum(xp.astype(bad, xp.int64)))
            got = float(array[where])
            raise ValueError(f"{name} must be finite, got {got} at index {where}, {count} such values in all.")


def values_in(xp: Any, name: str, array: Array, low: float, high: float) -> None:
    """Raise unless every element of ``array`` lies in [low, high]."""
    least, most = float(xp.min(array)), float(xp.max(array))
    if not (low <= least and most <= high):
        raise ValueError(f"{name} must hold numbers in [{low}, {high}], got {least:.4g} to {most:.4g}.")


def labels(xp: Any, target: Array, classes: int, ignored: int | None = None) -> None:
    """Raise unless every class index, int64, is ``ignored`` or lies in 0..classes-1."""
    target = target if ignored is None else target[target != ignored]
    if not math.prod(target.shape):
        return
    least, most = int(xp.min(target)), int(xp.max(target))
    if least < 0 or most >= classes:
        ignoring = f" SoftmaxCrossEntropy, NLL and Accuracy leave such examples out with ignore_index={least}."
        way_on = ignoring if least < 0 else " Labels that count from 1 need a - 1." * (least == 1 and most == classes)
        outputs = f"{classes} output{'s' * (classes > 1)}"
        raise ValueError(
            f"labels must lie in 0..{classes - 1}, since the model has {outputs}, got {least}..{most}.{way_on}"
        )


def labels_if_readable(xp: Any, target: Array, classes: int, ignored: int | None = None) -> bool:
    """As :func:`labels` where a look makes nothing wait; False where there was none.

    No look is taken on a device other than the CPU, and none is possible inside vmap or ``torch.compile``.
    """
    if array_api_compat.is_torch_array(target):
        import torch

        if target.device.type != "cpu" or torch.compiler.is_compiling():
            return False
    try:
        labels(xp, target, classes, ignored)
    except RuntimeError:  # what torch raises for a tensor without numbers of its own; NumPy raises none
        return False
    return True


def betas(name: str, value: Any) -> None:
    """Raise unless ``value`` is a tuple of two decay rates, each in [0, 1)."""
    pair(name, value)
    for index in (0, 1):
        in_interval(f"{name}[{index}]", value[index], "[0, 1)")
