"""How a history is drawn: its points, the name of its axis, where it ceases to be finite, and its colour."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from lossbook.experiment import History

#: Okabe and Ito's colours, told apart with any colour vision: M. Okabe, K. Ito, Color Universal Design (2008).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")

#: role of a curve -> its colour, everywhere: orange for the broken run, blue for one that trains well, green for
#: held-out data, grey (dotted, in figures) for a floor or a chance level
ROLES = {
    "broken": PALETTE[1],
    "fixed": PALETTE[0],
    "healthy": PALETTE[0],
    "held-out": PALETTE[2],
    "floor": "#666666",
}

#: field of a history -> the name of its axis; units and the metric's name come from the run itself
QUANTITIES = {
    "loss": "training loss",
    "reference_loss": "reference loss",
    "val_loss": "held-out loss",
    "metric": "held-out metric",
    "grad_norm": "gradient norm",
    "update_ratio": "update ‖Δθ‖ / ‖θ‖",
    "lr": "learning rate",
}

#: the fields that are measured at ``eval_step`` only
MEASURED = ("reference_loss", "val_loss", "metric")

UNITS = {"loss": "loss_unit", "reference_loss": "reference_unit", "val_loss": "reference_unit"}  # in the environment
DECADES = 100.0  # highest divided by lowest value; above this, a linear axis would hide the lower curve


class Lost(NamedTuple):
    """Where a curve ceases to be finite."""

    step: int  #: the first step at which the loss, or the drawn quantity, is NaN or infinite
    words: str  #: the same for a legend


def points(history: History, quantity: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values of a key of ``QUANTITIES``."""
    values = np.array(getattr(history, quantity), dtype=float)
    return np.array(history.eval_step if quantity in MEASURED else range(len(values)), dtype=int), values


def axis_label(histories: Collection[History], quantity: str) -> str:
    """The name of the axis, with the unit or the metric that all runs share; none if they differ or do not say.

    >>> axis_label([], "loss")
    'training loss'
    """
    if quantity == "metric":
        return QUANTITIES[quantity].replace("metric", _shared(histories, "metric") or "metric")
    return with_unit(QUANTITIES[quantity], unit_of(histories, quantity))


def unit_of(histories: Collection[History], quantity: str) -> str:
    """The unit of a loss that all runs share; empty if they differ, do not say, or the quantity is no loss."""
    return _shared(histories, UNITS[quantity]) if quantity in UNITS else ""


def with_unit(name: str, unit: str) -> str:
    """The words of an axis.

    >>> with_unit("loss", "nats"), with_unit("loss", "")
    ('loss (nats)', 'loss')
    """
    return f"{name} ({unit})" if unit else name


def lost(history: History, quantity: str) -> Lost | None:
    """Where the curve ceases to be finite; None if it never does."""
    steps, values = points(history, quantity)
    bad = ~np.isfinite(values)
    if not bad.any():
        return None
    first, batch = int(steps[bad][0]), np.isfinite(history.loss)
    if quantity in MEASURED and not batch.all():
        first = min(first, int(batch.argmin()))  # between two looks, the loss of each batch tells the step
    return Lost(first, f"not finite from step {first}" if bad[-1] else f"not finite at times, first at step {first}")


def axis_of(histories: Collection[History], quantity: str) -> tuple[str, float]:
    """A scale that shows every curve, "linear", "log" or "symlog", and the height up to which "symlog" is linear."""
    return scale_of(np.concatenate([points(history, quantity)[1] for history in histories] or [np.empty(0)]))


def scale_of(values: np.ndarray) -> tuple[str, float]:
    """The same for bare numbers; those that are not finite do not count.

    >>> scale_of(np.array([1.0, 2.0])), scale_of(np.array([1.0, 2000.0]))
    (('linear', 1.0), ('log', 1.0))
    """
    values = values[np.isfinite(values)]
    heights = np.abs(values[values != 0])
    if not heights.size:
        return "linear", 1.0
    if values.min() > 0:
        return "log" if values.max() / DECADES > values.min() else "linear", 1.0
    unit = 2 * float(np.median(heights / 2))  # the sum of two halves does not overflow
    return "symlog" if heights.max() / DECADES > unit else "linear", unit


def _shared(histories: Collection[History], name: str) -> str:
    words = {str(history.environment.get(name) or "") for history in histories}
    return words.pop() if len(words) == 1 else ""
