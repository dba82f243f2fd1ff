"""Figures of trainings: curves over the steps, sweeps, learning-rate range tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lossbook import checks, curves
from lossbook.curves import MEASURED, PALETTE, QUANTITIES
from lossbook.experiment import History

if TYPE_CHECKING:
    from lossbook.sweeps import RangeTest


def plot_history(
    histories: Mapping[str, History],
    quantity: str = "loss",
    *,
    ax: Axes | None = None,
    log: bool = False,
    smooth: int = 1,
    colors: Mapping[str, str] | None = None,
) -> Axes:
    """One curve per run.

    The axis has the unit of the runs' loss, or the name of their metric, if the loss or the metric says one. Where a
    curve becomes NaN or infinite, a cross stands at the upper edge, and the legend says from which step on.

    Args:
        histories: legend's label -> history.
        quantity: a key of ``QUANTITIES``.
        ax: where to draw; a new figure by default.
        log: a logarithmic vertical axis.
        smooth: draw the mean of so many steps, at the last of them.
        colors: label -> colour, for example ``ROLES``; the palette's by default.

    Raises:
        ValueError: an unknown quantity; ``smooth`` outside 1 to the number of steps.
        TypeError: ``histories`` is no mapping, or holds something else than histories.
    """
    checks.one_of("quantity", quantity, QUANTITIES)
    checks.whole_number("smooth", smooth, 1)
    checks.by_label("histories", histories, History)
    ax = plt.subplots()[1] if ax is None else ax
    for label, history in histories.items():
        lost = curves.lost(history, quantity)
        name = label if lost is None else f"{label}: {lost.words}"
        draw_curve(ax, history, quantity, smooth=smooth, label=name, color=(colors or {}).get(label))
    ax.set(xlabel="step", ylabel=curves.axis_label(histories.values(), quantity), yscale="log" if log else "linear")
    if isinstance(locator := ax.xaxis.get_major_locator(), MaxNLocator):
        locator.set_params(integer=True)  # there is no step 1.5
    if len(histories) > 1 or any(curves.lost(history, quantity) for history in histories.values()):
        ax.legend()
    return ax


def draw_curve(ax: Axes, history: History, quantity: str, *, smooth: int = 1, cross: bool = True, **looks: Any) -> None:
    """One curve, without its axes' words: a line, dots where a point stands alone, and a cross where it is lost.

    Args:
        ax: where to draw.
        history, quantity, smooth: as in :func:`plot_history`.
        cross: mark the step from which the curve is not finite.
        looks: of the line, as ``Axes.plot`` takes them.
    """
    steps, values = curves.points(history, quantity)
    if smooth > 1 and quantity not in MEASURED:
        if smooth > len(values):
            raise ValueError(f"smooth must be at most the number of steps, {len(values)}, got {smooth}.")
        values, steps = np.convolve(values, np.ones(smooth) / smooth, mode="valid"), steps[smooth - 1 :]
    (line,) = ax.plot(steps, values, **looks)
    if (alone := _alone(values)).size:  # a line through one point would not be seen
        line.set(marker="o", markersize=4, markevery=alone.tolist())
    if cross and (lost := curves.lost(history, quantity)) is not None:
        _cross(ax, [lost.step], line.get_color())


def plot_sweep(
    values: Sequence[Any],
    histories: Sequence[History],
    quantity: str = "reference_loss",
    *,
    label: str = "value",
    ax: Axes | None = None,
    log: bool = False,
) -> Axes:
    """Where each run of a sweep ended, over the value that it had.

    Runs that ended in NaN or infinity are crosses at the upper edge. Positive numbers stand on a logarithmic axis,
    values that are no finite numbers side by side, in their order.

    Args:
        values, histories: as :func:`lossbook.sweep` took and gave them.
        quantity: a key of ``QUANTITIES``; its last entry is drawn.
        label: of the horizontal axis: the path of the sweep.
        ax: where to draw; a new figure by default.
        log: a logarithmic vertical axis.

    Raises:
        ValueError: an unknown quantity; not one history for each value; a run that ended before it was measured.
    """
    checks.one_of("quantity", quantity, QUANTITIES)
    checks.one_each("histories", list(histories), "values", list(values))
    for value, history in zip(values, histories, strict=True):
        checks.not_empty(f"{quantity} of the run with {value!r}", np.array(getattr(history, quantity)))
    ax = plt.subplots()[1] if ax is None else ax
    numbers = all(isinstance(value, (int, float, np.number)) and not isinstance(value, bool) for value in values)
    numbers = numbers and bool(np.isfinite(np.array(values, dtype=float)).all())
    x = np.array(values, dtype=float) if numbers else np.arange(len(values), dtype=float)
    ends = np.array([getattr(history, quantity)[-1] for history in histories], dtype=float)
    order, lost = np.argsort(x), ~np.isfinite(ends)
    ax.plot(x[order], np.where(lost, np.nan, ends)[order], marker="o")
    if lost.any():
        _cross(ax, x[lost], "black")
    name = curves.axis_label(histories, quantity)
    ax.set(xlabel=label, ylabel=f"{name} at the end", yscale="log" if log else "linear")
    if not numbers:
        ax.set_xticks(x, [str(value) for value in values])
    elif (x > 0).all():
        ax.set_xscale("log")
    return ax


def plot_range_test(found: RangeTest, *, ax: Axes | None = None) -> Axes:
    """A learning-rate range test: the loss over the learning rate, the steepest fall and the blow-up.

    Where the loss was not finite, a cross stands at the upper edge.
    """
    ax = plt.subplots()[1] if ax is None else ax
    lrs, losses, smoothed = (np.array(part, dtype=float) for part in (found.lrs, found.losses, found.smoothed))
    ax.plot(lrs, losses, color="0.8", linewidth=1, label="each batch")
    ax.plot(lrs, smoothed, label="smoothed")
    for lr, label, color in (
        (found.suggested, "steepest fall", PALETTE[2]),
        (found.blow_up, "blow-up", PALETTE[1]),
    ):
        if lr is not None:
            ax.axvline(lr, color=color, linestyle="--", label=f"{label}, {lr:.2g}")
    lost = lrs[~np.isfinite(losses)]
    if not lost.size and found.blow_up is not None and found.blow_up not in found.lrs:
        lost = np.array([found.blow_up])  # the test ends before the first loss that is not finite
    if lost.size:
        _cross(ax, lost, "black", label="not finite")
    unit = f" ({found.unit})" if found.unit else ""
    ax.set(xlabel=QUANTITIES["lr"], ylabel=QUANTITIES["loss"] + unit, xscale="log")
    if (seen := smoothed[np.isfinite(smoothed)]).size and seen[0] > 0:
        ax.set_ylim(min(0.0, float(seen.min())), 1.5 * seen[0])
    ax.legend()
    return ax


def _alone(values: np.ndarray) -> np.ndarray:
    """Where a finite value has no finite neighbour."""
    finite = np.pad(np.isfinite(values), 1)
    return np.flatnonzero(finite[1:-1] & ~finite[:-2] & ~finite[2:])


def _cross(ax: Axes, x: Any, color: Any, label: str | None = None) -> None:
    """Crosses at the upper edge, whatever its height."""
    transform = ax.get_xaxis_transform()
    ax.plot(x, np.ones(len(x)), "x", color=color, label=label, transform=transform, clip_on=False)
