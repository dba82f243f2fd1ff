"""The arrays of a run's data, and the order of its batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lossbook import checks
from lossbook.data.arrays import as_split
from lossbook.experiment import Experiment
from lossbook.losses.class_loss import ClassLoss


def load(experiment: Experiment, device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """The arrays of the experiment's ``Split``, except None, as tensors on the device; floating ones in ``dtype``."""
    tensors = {name: torch.from_numpy(array) for name, array in load_arrays(experiment).items()}
    return {name: x.to(device, dtype if x.is_floating_point() else None) for name, x in tensors.items()}


def load_arrays(experiment: Experiment) -> dict[str, np.ndarray]:
    """The same as NumPy arrays; they are copies, so that no model can change the data's own arrays.

    Raises:
        ValueError, TypeError: the data are no ``Split`` of arrays of numbers, as :class:`lossbook.data.Arrays` demands;
            or with ``check_data``: NaN, infinity, or class labels that are no integers.
    """
    split, dtype = as_split(experiment.data.load()), np.dtype(experiment.dtype)
    with np.errstate(over="ignore"):  # numbers that do not fit become infinite, which is reported below
        arrays = {
            name: array.astype(dtype, copy=False) if array.dtype.kind == "f" else array
            for name, array in split._asdict().items()
            if array is not None
        }
    if experiment.check_data:
        checks.finite(np, **arrays)
        for name in ("train_y", "val_y"):
            check_classes(name, arrays[name], experiment.loss)
    return arrays


def copied_inputs(x: Tensor | np.ndarray) -> Any:
    """A copy of a batch's inputs, of torch or NumPy."""
    return x.clone() if isinstance(x, Tensor) else x.copy()


def check_classes(name: str, target: np.ndarray, loss: Any) -> None:
    """Raise if a loss of classes gets one floating number for each example, as files often hold their labels."""
    if isinstance(loss, ClassLoss) and target.dtype.kind == "f" and target.ndim == 1:
        raise TypeError(f"{name} must have an integer dtype for {loss!r}, got {target.dtype}: write y.astype('int64').")


def batches_of(experiment: Experiment, n: int) -> Iterator[np.ndarray]:
    """Indices of the batches of an experiment with n training examples."""
    return batches(n, experiment.batch_size, experiment.seed, experiment.shuffle, experiment.drop_last)


def batches(n: int, batch_size: int, seed: int, shuffle: bool = True, drop_last: bool = False) -> Iterator[np.ndarray]:
    """Indices of one batch after another, endlessly: all n in each epoch, in a new order if ``shuffle``.

    With ``drop_last`` an epoch ends with its last whole batch.

    Raises:
        ValueError: n, ``batch_size`` or ``seed`` outside its range; no whole batch in n, with ``drop_last``.
        TypeError: a value of another type.

    >>> order = batches(5, batch_size=2, seed=0)
    >>> [len(next(order)) for _ in range(4)]
    [2, 2, 1, 2]
    """
    checks.whole_number("batch_size", batch_size, 1)
    checks.whole_number("n", n, batch_size if drop_last else 1)
    checks.seed("seed", seed)
    return _batches(n, batch_size, seed, shuffle, n - n % batch_size if drop_last else n)


def _batches(n: int, batch_size: int, seed: int, shuffle: bool, stop: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(n) if shuffle else np.arange(n)
        for start in range(0, stop, batch_size):
            yield order[start : start + batch_size]
