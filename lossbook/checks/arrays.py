"""Checks of arrays, of NumPy and torch alike."""

from __future__ import annotations

import functools
import math
from typing import Any

import array_api_compat
import numpy as np

Array = Any  #: a NumPy array or a torch tensor, on any device


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
    """The namespace of arrays of this very type; None for any other type."""
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


def finite(xp: Any, **arrays: Array) -> None:
    """Raise if an array holds NaN or infinity; the message says where the first one is."""
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
    """As :func:`labels`, if the labels can be read without waiting; returns whether they were read.

    They are not read on a device other than the CPU, and cannot be read inside vmap or ``torch.compile``.
    """
    if array_api_compat.is_torch_array(target):
        import torch

        if target.device.type != "cpu" or torch.compiler.is_compiling():
            return False
    try:
        labels(xp, target, classes, ignored)
    except RuntimeError:  # torch raises it for a tensor without numbers of its own; NumPy never does
        return False
    return True
