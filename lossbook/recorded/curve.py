"""A recorded curve: the losses of a run as somebody logged them, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossbook.values import shown

HELD_OUT = ("val_loss", "valid_loss", "eval_loss", "test_loss")  # how people name the held-out loss in a dict
TRAINING = ("loss", "train_loss", "training_loss")


def none() -> np.ndarray:
    """No numbers."""
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class Curve:
    """What a log holds. All fields but the last two are arrays of float64.

    Raises:
        ValueError: two fields that belong together have different lengths, or a field is no row of numbers.
    """

    step: np.ndarray  #: the clock of the training loss, (N,), rising
    loss: np.ndarray  #: the training loss, (N,); NaN and infinity are kept
    val_step: np.ndarray = field(
        default_factory=none
    )  #: the clock of the held-out data, (M,), the same as that of ``step``
    val_loss: np.ndarray = field(default_factory=none)  #: the held-out loss, (M,); empty if none was logged
    metric: np.ndarray = field(
        default_factory=none
    )  #: a held-out score, higher is better, (M,), NaN where it was not logged; or empty
    notes: tuple[str, ...] = ()  #: what was read, what was left out and what was changed, a sentence each
    unit: str = ""  #: "bits" if the log counts in logarithms to the base 2

    def __post_init__(self) -> None:
        for name in ("step", "loss", "val_step", "val_loss", "metric"):
            object.__setattr__(self, name, numbers(name, getattr(self, name)))
        if len(self.step) != len(self.loss):
            raise ValueError(f"step and loss must have one length, got {len(self.step)} and {len(self.loss)}.")
        for name in ("val_loss", "metric"):
            held = len(getattr(self, name))
            if held not in (0, len(self.val_step)):
                raise ValueError(f"{name} must be empty or as long as val_step, {len(self.val_step)}, got {held}.")


def numbers(name: str, value: Any) -> np.ndarray:
    """A row of numbers as float64: of a list, a tuple, an array, a tensor on any device, a column of a table.

    Raises:
        ValueError: it is none.
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.double().numpy() if hasattr(value, "double") else value
    elif isinstance(value, (list, tuple)):
        value = [item.detach() if hasattr(item, "detach") else item for item in value]  # tensors with one number each
        value = [
            np.nan if item is None else float(item) if getattr(item, "ndim", None) == 0 else item for item in value
        ]
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
    try:
        array = np.asarray(value)
        if array.dtype.kind in "cSUMm":  # of complex numbers, of words, of dates
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be a row of numbers, got {shown(value)}.") from error
    if array.ndim != 1:
        raise ValueError(f"{name} must be a row of numbers, (N,), got an array of shape {array.shape}.")
    return array


def as_curve(train_losses: Any, val_losses: Any = None, metric: Any = None) -> Curve:
    """A curve of what :func:`lossbook.symptom` takes.

    Bare held-out losses are taken to be measured at even distances, the last at the end of the run.
    """
    if isinstance(train_losses, (str, os.PathLike)):
        from lossbook.recorded.reading import read_curve

        train_losses = read_curve(train_losses)
    if isinstance(train_losses, Mapping):
        train_losses, val_losses, metric = _from_dict(train_losses, val_losses, metric)
    if isinstance(train_losses, Curve):
        if val_losses is None and metric is None:
            return train_losses
        curve = train_losses
    elif hasattr(train_losses, "eval_step") and hasattr(train_losses, "loss"):  # a History
        run = train_losses
        curve = Curve(np.arange(len(run.loss)), run.loss, run.eval_step, run.val_loss, run.metric)
    else:
        loss = numbers("train_losses", train_losses)
        curve = Curve(np.arange(1.0, len(loss) + 1), loss)
    if val_losses is None and metric is None:
        return curve
    val = curve.val_loss if val_losses is None else numbers("val_losses", val_losses)
    score = none() if metric is None else numbers("metric", metric)
    if len(val) and len(score) and len(val) != len(score):
        raise ValueError(f"metric must be as long as val_losses, {len(val)}, got {len(score)}.")
    return Curve(curve.step, curve.loss, _evenly(curve.step, max(len(val), len(score))), val, score, curve.notes)


def _evenly(step: np.ndarray, count: int) -> np.ndarray:
    """The steps of ``count`` looks at even distances; those of the losses themselves if there are as many."""
    if count == len(step):
        return step
    if not len(step):
        return np.arange(1.0, count + 1)
    return step[0] + (step[-1] - step[0]) * np.arange(1, count + 1) / max(count, 1)


def _from_dict(told: Mapping[str, Any], val: Any, metric: Any) -> tuple[Any, Any, Any]:
    """The columns of a dict, as ``model.fit().history`` is one."""
    train = next((told[name] for name in TRAINING if name in told), None)
    if train is None:
        raise ValueError(f"train_losses must hold one of {', '.join(TRAINING)}, got {', '.join(map(str, told))}.")
    if val is None:
        val = next((told[name] for name in HELD_OUT if name in told), None)
    return train, val, metric
