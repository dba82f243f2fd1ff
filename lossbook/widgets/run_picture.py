"""The picture of a scenario's runs: all of their losses, on axes that cut nothing off."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbook import curves
from lossbook.curves import ROLES
from lossbook.experiment import Experiment, History
from lossbook.plotting.runs import draw_curve
from lossbook.scenarios import Scenario
from lossbook.train import measures
from lossbook.widgets.powers import with_plain_powers
from lossbook.widgets.sentences import measured_apart
from lossbook.widgets.trial import Progress

#: name of a run in the legend -> its colour; a run that nobody has judged yet has that of a broken one
COLOURS = {"this run": ROLES["broken"], "healthy run": ROLES["healthy"], "mended": ROLES["fixed"]}
WIDTHS = {"mended": 3.0}  # of the line, in points: wider than the other's, which lies upon it where they are equal
LINEAR = 6.0  # times chance: up to here losses stand on a linear axis
BATCHES = 33  # of a run without spikes, whose losses are drawn: a page holds many pictures
ROOM = 0.04  # of the axis, on each side


def picture_of(row: Scenario, histories: dict[str, History]) -> Figure:
    """Batch loss, thin, and reference loss, thick, of one or two runs on one scale; the held-out loss if it matters.

    Args:
        row: the scenario, whose level of chance and floor say how far a linear axis reaches.
        histories: a key of ``COLOURS`` -> history.
    """
    figure = Figure(figsize=(4.6, 3.6), layout="constrained")
    ax = figure.subplots()
    for name, history in histories.items():
        color, lost = COLOURS[name], curves.lost(history, "reference_loss")
        ended = "" if lost is None else f", {lost.words}"
        thick: dict[str, Any] = {"color": color, "linewidth": WIDTHS.get(name, 1.8), "zorder": 3 - (name in WIDTHS)}
        draw_curve(ax, history, "reference_loss", label=f"{name}: reference loss{ended}", **thick)
        if row.symptom == "overfitting":
            draw_curve(ax, history, "val_loss", cross=False, linestyle="--", label=f"{name}: held-out loss", **thick)
        thin: dict[str, Any] = {"color": color, "linewidth": 0.8, "alpha": 0.5, "zorder": 1}
        if lost is not None or row.symptom == "spiking":
            draw_curve(ax, history, "loss", cross=False, label=f"{name}: batches", **thin)
        else:
            steps, losses = curves.points(history, "loss")
            every = max(len(losses) // BATCHES, 1)
            ax.plot(steps[::every], losses[::every], label=f"{name}: batches", **thin)
    unit = curves.unit_of(histories.values(), "reference_loss")
    last = max(len(history.loss) for history in histories.values())
    ax.set(xlabel="step", ylabel=curves.with_unit("loss", unit), xlim=(-ROOM * last, (1 + ROOM) * last))
    _set_height(ax, row, list(histories.values()))
    beside = 1 if any(curves.lost(history, "reference_loss") for history in histories.values()) else len(histories)
    figure.legend(loc="outside upper left", ncols=beside, fontsize=9, handlelength=1.4, columnspacing=1.2)
    return figure


def sketch(progress: Progress, experiment: Experiment) -> Figure:
    """The loss of the batches so far, as the training goes on."""
    figure = Figure(figsize=(4.6, 3.6), layout="constrained")
    ax = figure.subplots()
    ax.plot(progress.steps, progress.losses, ".-", color=COLOURS["this run"])
    scale, linear_below = curves.scale_of(np.array(progress.losses))
    label = curves.with_unit("loss of the batch", measures(experiment)["loss_unit"])
    ax.set(xlabel="step", ylabel=label, xlim=(-ROOM * experiment.steps, (1 + ROOM) * experiment.steps))
    ax.set_yscale(scale, **({"linthresh": linear_below} if scale == "symlog" else {}))
    with_plain_powers(ax.yaxis)
    return figure


def values_of(row: Scenario, histories: list[History]) -> np.ndarray:
    """All finite values that the picture of these runs shows."""
    drawn = ("loss", "reference_loss", *(["val_loss"] if row.symptom == "overfitting" else []))
    values = np.concatenate([curves.points(history, name)[1] for history in histories for name in drawn])
    return values[np.isfinite(values)]


def vertical_scale(row: Scenario, histories: list[History]) -> tuple[str, float]:
    """A linear axis unless it would hide a curve, and the height up to which a "symlog" axis is linear."""
    values = values_of(row, histories)
    if not values.size:
        return "linear", 1.0
    if values.max() <= LINEAR * row.chance and not (values.min() > 0 and any(map(measured_apart, histories))):
        return "linear", 1.0
    return ("log", 1.0) if values.min() > 0 else ("symlog", 10.0 ** math.ceil(math.log10(row.chance)))


def _set_height(ax: Axes, row: Scenario, histories: list[History]) -> None:
    """From the floor or below to chance or above; another scale if a linear one would hide a curve."""
    values, (scale, linear_below) = values_of(row, histories), vertical_scale(row, histories)
    if not values.size:
        return
    if scale != "linear":
        ax.set_yscale(scale, **({"linthresh": linear_below} if scale == "symlog" else {}))
        with_plain_powers(ax.yaxis)
        return
    low, high = min(row.floor, values.min()), max(row.chance, values.max())
    ax.set_ylim(low - ROOM * (high - low), high + ROOM * (high - low))
