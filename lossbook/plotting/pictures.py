"""Figures of other things: surfaces, digits, confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbook.surfaces import Surface


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
    # levels of the cube root: else hardly a line would be left for the valley
    ax.contour(x, y, np.cbrt(heights), levels=16, colors="0.75", linewidths=0.8)
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
    ax.imshow(errors, cmap="Oranges", vmax=max(2 * errors.max(), 1))  # light enough for black numbers, in any theme
    for row, column in np.argwhere(matrix > 0):
        ax.text(column, row, str(int(matrix[row, column])), ha="center", va="center", fontsize=9, color="black")
    ax.set(xlabel="predicted digit", ylabel="true digit", xticks=range(len(matrix)), yticks=range(len(matrix)))
    ax.grid(visible=False)
    return ax
