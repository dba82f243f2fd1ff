"""What the labs share: the sheet that they draw on, a small set of digits, and contours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from lossbook.data import Digits, Pool
from lossbook.experiment import Experiment
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP
from lossbook.optim import SGD
from lossbook.widgets import drawing
from lossbook.widgets.powers import RAISED

FAINT = "0.72"  # the colour of what stands behind the reader's curve
SMALL = 10  # points, of legends: the picture shrinks on a phone

#: a training on 1,000 digits of 14 × 14 pixels that takes a fifth of a second on one core
TRAINING = Experiment(
    data=Digits(train_size=1000, train_transform=Pool(), val_transform=Pool()),
    model=MLP(sizes=(196, 32, 10)),
    loss=SoftmaxCrossEntropy(),
    optimizer=SGD(lr=0.1),
    batch_size=32,
    steps=150,
    eval_every=10,
    device="cpu",
)


def sheet(columns: int = 2) -> tuple[Figure, Any]:
    """A figure with panels side by side, and their axes, always in the same places, so that the states share pieces."""
    return drawing.sheet(columns, lambda: _blank(columns), _wipe)


def _blank(columns: int) -> tuple[Figure, Any]:
    figure = Figure(figsize=(5.8, 3.4))
    figure.set_layout_engine("none")
    places = {"left": 0.13, "right": 0.985, "bottom": 0.16, "top": 0.97, "wspace": 0.42}
    return figure, figure.subplots(1, columns, gridspec_kw=places)


def _wipe(drawn: tuple[Figure, Any]) -> None:
    for ax in drawn[0].axes:
        legend = ax.get_legend()
        for artist in (*ax.lines, *ax.collections, *ax.patches, *ax.texts, *([legend] if legend else [])):
            artist.remove()
        ax.set_prop_cycle(None)
        ax.set(xscale="linear", yscale="linear", xlabel="", ylabel="", title="")
        ax.relim()
        ax.autoscale(True)
        ax.grid(visible=True)


def mark(ax: Axes, x: float, y: float, color: str = "black", size: float = 7) -> None:
    """A dot where the reader stands: a line of no length with round ends, the shortest way to say it in SVG."""
    ax.plot([x, x], [y, y], color=color, linewidth=size, solid_capstyle="round", zorder=5)


def contours(
    ax: Axes, value: Callable[[np.ndarray], np.ndarray], extent: tuple[float, float, float, float], levels: int = 12
) -> None:
    """Lines of equal height, close where it is low; few points, since the page carries them."""
    x, y = np.meshgrid(np.linspace(*extent[:2], 61), np.linspace(*extent[2:], 61))
    heights = np.cbrt(value(np.stack([x, y], axis=-1)))
    ax.contour(x, y, heights, levels=levels, colors=FAINT, linewidths=0.8)
    ax.set(xlabel="θ₁", ylabel="θ₂", xlim=extent[:2], ylim=extent[2:])
    ax.grid(visible=False)


def decades(axis: Axis, powers: Iterable[int]) -> None:
    """Powers of ten on a logarithmic axis, as plain text."""
    powers = list(powers)
    axis.set_ticks([10.0**power for power in powers], [f"10{str(power).translate(RAISED)}" for power in powers])
    axis.set_ticks([], minor=True)
