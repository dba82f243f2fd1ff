"""Figures: a history, a surface or digits onto matplotlib axes. No training and no widgets here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbook import checks
from lossbook.experiment import History
from lossbook.surfaces import Surface

if TYPE_CHECKING:
    from lossbook.sweeps import RangeTest

#: Okabe and Ito's colours, told apart with any colour vision: M. Okabe, K. Ito, Color Universal Design (2008).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")

#: what a history holds -> label of its axis
QUANTITIES = {
    "loss": "training loss (nats)",
    "reference_loss": "reference loss (nats)",
    "val_loss": "held-out loss (nats)",
    "metric": "held-out accuracy",
    "grad_norm": "gradient norm",
    "update_ratio": "update ‖Δθ‖ / ‖θ‖",
    "lr": "learning rate",
}

#: those that are measured at ``eval_step`` only
MEASURED = ("reference_loss", "val_loss", "metric")


def use_style() -> None:
    """Set matplotlib's defaults to the book's: its palette, readable sizes, light grids."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": plt.cycler(color=PALETTE),
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.figsize": (5.8, 3.4),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "grid.alpha": 0.3,
            "image.cmap": "gray",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "svg.fonttype": "none",
        }
    )


def plot_history(
    histories: Mapping[str, History],
    quantity: str = "loss",
    *,
    ax: Axes | None = None,
    log: bool = False,
    smooth: int = 1,
) -> Axes:
    """One curve per run.

    Args:
        histories: legend's label -> history.
        quantity: a key of ``QUANTITIES``.
        ax: where to draw; a new figure by default.
        log: a logarithmic vertical axis.
        smooth: draw the mean of so many steps, at the last of them.
    """
    checks.one_of("quantity", quantity, QUANTITIES)
    checks.whole_number("smooth", smooth, 1)
    ax = plt.subplots()[1] if ax is None else ax
    for label, history in histories.items():
        values = getattr(history, quantity)
        steps = np.asarray(history.eval_step if quantity in MEASURED else range(len(values)))
        if smooth > 1 and quantity not in MEASURED:
            values, steps = np.convolve(values, np.ones(smooth) / smooth, mode="valid"), steps[smooth - 1 :]
        ax.plot(steps, values, label=label)
    ax.set(xlabel="step", ylabel=QUANTITIES[quantity], yscale="log" if log else "linear")
    if len(histories) > 1:
        ax.legend()
    return ax


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
    values that are no numbers side by side, in their order.

    Args:
        values, histories: as :func:`lossbook.sweep` took and gave them.
        quantity: a key of ``QUANTITIES``; its last entry is drawn.
        label: of the horizontal axis: the path of the sweep.
        ax: where to draw; a new figure by default.
        log: a logarithmic vertical axis.
    """
    checks.one_of("quantity", quantity, QUANTITIES)
    ax = plt.subplots()[1] if ax is None else ax
    numbers = all(isinstance(value, (int, float, np.number)) for value in values)
    x = np.array(values, dtype=float) if numbers else np.arange(len(values), dtype=float)
    ends = np.array([getattr(history, quantity)[-1] for history in histories], dtype=float)
    order, lost = np.argsort(x), ~np.isfinite(ends)
    ax.plot(x[order], np.where(lost, np.nan, ends)[order], marker="o")
    if lost.any():
        ax.plot(
            x[lost], np.ones(lost.sum()), "x", color="black", transform=ax.get_xaxis_transform(), clip_on=False
        )  # at the upper edge, whatever its height
    ax.set(xlabel=label, ylabel=f"{QUANTITIES[quantity]} at the end", yscale="log" if log else "linear")
    if not numbers:
        ax.set_xticks(x, [str(value) for value in values])
    elif (x > 0).all():
        ax.set_xscale("log")
    return ax


def plot_range_test(found: RangeTest, *, ax: Axes | None = None) -> Axes:
    """A learning-rate range test: the loss over the learning rate, the steepest fall and the blow-up."""
    ax = plt.subplots()[1] if ax is None else ax
    ax.plot(found.lrs, found.losses, color="0.8", linewidth=1, label="each batch")
    ax.plot(found.lrs, found.smoothed, label="smoothed")
    for lr, label, color in (
        (found.suggested, "steepest fall", PALETTE[2]),
        (found.blow_up, "blow-up", PALETTE[1]),
    ):
        if lr is not None:
            ax.axvline(lr, color=color, linestyle="--", label=f"{label}, {lr:.2g}")
    start = found.smoothed[0]
    ax.set(xlabel=QUANTITIES["lr"], ylabel=QUANTITIES["loss"], xscale="log", ylim=(0, 1.5 * start))
    ax.legend()
    return ax


def plot_surface(
    surface: Surface,
    paths: Mapping[str, np.ndarray],
    *,
    extent: tuple[float, float, float, float],
    ax: Axes | None = None,
    legend: bool = True,
) -> Axes:
    """Contours of a surface, and the paths of optimisers over it, each step a dot.

    Args:
        surface: the function.
        paths: legend's label -> points, (steps + 1, 2), as :func:`lossbook.surfaces.descend` gives them.
        extent: left, right, bottom and top of the window, in parameter units.
        ax: where to draw; a new figure by default.
        legend: name the paths.
    """
    ax = plt.subplots()[1] if ax is None else ax
    x, y = np.meshgrid(np.linspace(*extent[:2], 161), np.linspace(*extent[2:], 161))
    heights = surface.value(np.stack([x, y], axis=-1))
    ax.contour(
        x, y, np.cbrt(heights), levels=16, colors="0.75", linewidths=0.8
    )  # cbrt: close lines far from the valley
    for label, path in paths.items():
        ax.plot(*path.T, marker="o", markersize=3, linewidth=1.2, label=label)
    ax.set(xlabel="θ₁", ylabel="θ₂", xlim=extent[:2], ylim=extent[2:])
    ax.grid(visible=False)
    if paths and legend:
        ax.legend()
    return ax


def show_digits(images: Any, titles: Sequence[Any], *, columns: int = 10) -> Figure:
    """A grid of images, (N, 28, 28) or (N, 1, 28, 28), each under its title."""
    images = np.asarray(images).reshape(len(images), *np.asarray(images).shape[-2:])
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(0.75 * columns, 0.95 * rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        ax.imshow(image, cmap="gray")
        ax.set_title(str(title), fontsize=10)
    return figure


def plot_confusion(matrix: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """A confusion matrix (K, K), rows true and columns predicted; the diagonal is left white, so that errors show."""
    ax = plt.subplots(figsize=(5, 4.4))[1] if ax is None else ax
    errors = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    ax.imshow(errors, cmap="Oranges")
    for row, column in np.argwhere(matrix > 0):
        count = int(matrix[row, column])
        dark = row != column and count > errors.max() / 2
        ax.text(column, row, str(count), ha="center", va="center", fontsize=8, color="white" if dark else "black")
    ax.set(xlabel="predicted digit", ylabel="true digit", xticks=range(len(matrix)), yticks=range(len(matrix)))
    ax.grid(visible=False)
    return ax
