"""What the labs share: the sheet that they draw on, a small set of digits, and contours."""

from __future__ import annotations

import math
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

FAINT = "0.72"  # what stands behind the curve that the reader chose
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
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
    """A figure with panels side by side, and their axes: in the same places always, so that states share pieces."""
    figure = Figure(figsize=(5.8, 3.4))
    figure.set_layout_engine("none")
    places = {"left": 0.13, "right": 0.985, "bottom": 0.16, "top": 0.97, "wspace": 0.42}
    return figure, figure.subplots(1, columns, gridspec_kw=places)


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
    """Powers of ten on a logarithmic axis, as plain text: matplotlib's own are formulas, slow to set."""
    powers = list(powers)
    axis.set_ticks([10.0**power for power in powers], [f"10{str(power).translate(RAISED)}" for power in powers])
    axis.set_ticks([], minor=True)


def number(value: float) -> str:
    """A number in a sentence: three digits, and words for what is none.

    >>> number(0.012345), number(-2.0), number(-0.0), number(math.inf)
    ('0.0123', '−2', '0', 'not finite')
    """
    return f"{value + 0.0:.3g}".replace("-", "−") if math.isfinite(value) else "not finite"


def capital(words: str) -> str:
    """The words as a sentence begins.

    >>> capital("elastic net"), capital("MSE")
    ('Elastic net', 'MSE')
    """
    return words[0].upper() + words[1:]
