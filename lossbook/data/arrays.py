"""Your own arrays: taken in every usual form, or refused with a message that names the field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np

from lossbook.data.digits import Split
from lossbook.values import Value, shown

LOAD = "load() must give lossbook.data.Split(train_x, train_y, val_x, val_y)"


@dataclass(frozen=True, eq=False)
class Arrays(Value):
    """Data from arrays in memory. ``Experiment(data=(train_x, train_y, val_x, val_y))`` makes one.

    Args:
        train_x, train_y: inputs (N, ...) and targets (N, ...): NumPy arrays, torch tensors, lists, or anything else
            that NumPy can read.
        val_x, val_y: the same, held out from training.
        ref_x, ref_y: clean inputs and correct targets for the reference loss; None if the first training examples are
            clean.

    The arrays are copied, so that later changes to yours do not change the data. Integers of any dtype become int64,
    and half precision becomes float32; a run converts all floating arrays to its own dtype.

    Raises:
        ValueError: no example; different numbers of inputs and targets; integers that do not fit into int64.
        TypeError: an array does not hold numbers, or holds inputs as bytes.

    >>> Arrays([[0.0], [1.0], [2.0]], [0, 1, 1], [[3.0]], [1])
    Arrays(train_x (3, 1) float64, train_y (3,) int64, val_x (1, 1) float64, val_y (1,) int64)
    """

    train_x: Any
    train_y: Any
    val_x: Any
    val_y: Any
    ref_x: Any = None
    ref_y: Any = None

    def __post_init__(self) -> None:
        for name, array in as_split(tuple(vars(self).values()))._asdict().items():
            if array is not None:
                array.setflags(write=False)
            object.__setattr__(self, name, array)

    def load(self) -> Split:
        """Copies of the arrays."""
        return as_split(tuple(vars(self).values()))

    def __repr__(self) -> str:
        there = {name: array for name, array in vars(self).items() if array is not None}
        return f"Arrays({', '.join(f'{name} {array.shape} {array.dtype}' for name, array in there.items())})"


def as_split(loaded: Any) -> Split:
    """The result of a data object's ``load()``, as fresh NumPy arrays that every library can read; see :class:`Arrays`.

    Raises:
        ValueError, TypeError: as :class:`Arrays`.
    """
    if not isinstance(loaded, (tuple, list)) or len(loaded) not in (4, 6):
        got = f"{type(loaded).__name__} of {len(loaded)}" if isinstance(loaded, (tuple, list)) else shown(loaded)
        raise TypeError(f"{LOAD}, got {got}.")
    arrays = {
        name: as_array(name, value) for name, value in zip(Split._fields, loaded, strict=False) if value is not None
    }
    for name in Split._fields[:4]:
        if name not in arrays:
            raise TypeError(f"{name} must be an array, got None: {LOAD}.")
    for part in ("train", "val", "ref"):
        x, y = (arrays.get(f"{part}_{letter}") for letter in "xy")
        if (x is None) != (y is None):
            raise ValueError(f"{part}_x and {part}_y must both be given, or neither, got only one.")
        if x is not None and y is not None and len(x) != len(y):
            raise ValueError(f"{part}_x and {part}_y must hold the same number of examples, got {len(x)} and {len(y)}.")
    return Split(**arrays)


def as_array(name: str, value: Any) -> np.ndarray:
    """One array of a split, checked and copied."""
    array = read(name, value)
    of_torch = array_api_compat.is_torch_array(value)
    floats, integers = (".float()", ".long()") if of_torch else (".astype('float32')", ".astype('int64')")
    if array.dtype.kind not in "iuf":
        way_on = {
            "b": f": write {name[-1]}{floats}, or {name[-1]}{integers} for class labels",
            "O": f": write {name[-1]}{floats} if it holds numbers",
            "U": ": class labels are 0..K-1, as np.unique(y, return_inverse=True)[1] makes them"
            if name[-1] == "y"
            else "",
        }.get(array.dtype.kind, "")
        raise TypeError(f"{name} must hold numbers, got dtype {array.dtype}{way_on}.")
    if array.ndim == 0:
        raise ValueError(f"{name} must have a first axis with one entry per example, got the number {array}.")
    if math.prod(array.shape) == 0:
        raise ValueError(f"{name} must hold at least one example, got shape {array.shape}.")
    if array.dtype == np.uint8 and name.endswith("_x"):
        raise TypeError(
            f"{name} must not be bytes (uint8), which no layer takes: write x{floats} / 255 for images, "
            f"x{integers} for tokens."
        )
    if array.dtype.kind == "u" and array.dtype.itemsize == 8 and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name} must hold integers that fit into int64, got {array.max()}.")
    dtype = np.int64 if array.dtype.kind in "iu" else np.float64 if array.dtype.itemsize > 4 else np.float32
    return np.array(array, dtype=dtype, order="C")  # a copy, without negative strides or foreign byte order


def read(name: str, value: Any) -> np.ndarray:
    """An array of any library as a NumPy array; raises for what NumPy cannot read."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError(f"{name} must have no masked numbers, which training would see: write x.filled(...).")
    try:
        if array_api_compat.is_torch_array(value):
            value = value.detach().cpu()
            value = value.to_dense() if value.is_sparse else value
            if value.is_floating_point() and value.element_size() < 4:
                value = value.float()  # NumPy has no bfloat16
        array = np.asarray(value)
    except Exception as error:  # examples of several shapes, or an error inside the object
        reason = shown(" ".join(str(error).split()), 100)
        raise TypeError(f"{name} must be an array of numbers, got {shown(value)} ({reason}).") from error
    if array.dtype.kind == "O" and array.ndim == 0:
        raise TypeError(f"{name} must be an array of numbers, got {shown(value)}.")
    return array
