"""What an experiment's data give a training: arrays of numbers that have been looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lossbook import checks
from lossbook.data.arrays import as_split
from lossbook.experiment import Experiment
from lossbook.losses.class_loss import ClassLoss

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def load(experiment: Experiment, device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """The arrays of the experiment's ``Split`` that are there, on the device; floating ones in ``dtype``."""
    import torch

    tensors = {name: torch.from_numpy(array) for name, array in load_arrays(experiment).items()}
    return {name: x.to(device, dtype if x.is_floating_point() else None) for name, x in tensors.items()}


def load_arrays(experiment: Experiment) -> dict[str, np.ndarray]:
    """The same in NumPy, as copies: whatever a model does to its inputs, the data's own arrays stay as they are.

    Raises:
        ValueError, TypeError: what is no ``Split`` of arrays of numbers, as :class:`lossbook.data.Arrays` refuses it;
            with ``check_data`` NaN and infinity, and class labels that are no integers.
    """
    split, dtype = as_split(experiment.data.load()), np.dtype(experiment.dtype)
    with np.errstate(over="ignore"):  # what does not fit is infinite, and is told below
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


def check_classes(name: str, target: np.ndarray, loss: Any) -> None:
    """Raise if a loss of classes gets one floating number for each example, as files often hold their labels."""
    if isinstance(loss, ClassLoss) and target.dtype.kind == "f" and target.ndim == 1:
        raise TypeError(f"{name} must have an integer dtype for {loss!r}, got {target.dtype}: write y.astype('int64').")
