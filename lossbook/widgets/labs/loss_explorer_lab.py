"""Lab: a loss as a function of one prediction, and its slope."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from lossbook.curves import with_unit
from lossbook.losses import LOSSES, Huber, Loss
from lossbook.plotting import PALETTE
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import mark, sheet
from lossbook.widgets.words import capital, number


class Kind(NamedTuple):
    loss: Loss
    target: float
    axis: str  # what the prediction is called
    lesson: str  # what the curves do


RESIDUAL, SCORE = "residual p − y (units of y)", "score s, true label +1"
KINDS = {
    "MSE": Kind(
        LOSSES["mse"],
        0.0,
        RESIDUAL,
        "The loss is a parabola; its slope grows with the residual, without end",
    ),
    "MAE": Kind(
        LOSSES["mae"],
        0.0,
        RESIDUAL,
        "The loss is a V; its slope jumps from −1 to 1 at the target, and is as large near it as far from it",
    ),
    **{
        f"Huber, δ = {delta:g}": Kind(
            Huber(delta=delta),
            0.0,
            RESIDUAL,
            f"The loss is a parabola that goes on straight; its slope grows up to a residual of {delta:g}, then stays",
        )
        for delta in (0.5, 1.0, 2.0)
    },
    "log-cosh": Kind(
        LOSSES["log-cosh"],
        0.0,
        RESIDUAL,
        "The loss is a V with a round tip; its slope rises smoothly from −1 to 1",
    ),
    "binary cross-entropy": Kind(
        LOSSES["binary cross-entropy"],
        1.0,
        "logit z, true class 1",
        "The loss falls from left to right, ever less steeply; its slope comes near 0 and never gets there",
    ),
    "hinge": Kind(
        LOSSES["hinge"],
        1.0,
        SCORE,
        "The loss falls straight to 0 at a margin of 1; there its slope jumps from −1 to 0",
    ),
    "squared hinge": Kind(
        LOSSES["squared hinge"],
        1.0,
        SCORE,
        "The loss falls to 0 at a margin of 1, ever less steeply; its slope fades to 0 there",
    ),
}  #: name in the list -> the loss, and what its picture shows
XS = np.linspace(-2.5, 2.5, 81)
QUANTITY = (-0.3, 6.6), (-5.4, 5.4)  # limits of loss and slope
NEVER_STEEP = (-0.2, 4.2), (-1.4, 0.4)
LIMITS = {
    "binary cross-entropy": NEVER_STEEP,
    "hinge": NEVER_STEEP,
    "squared hinge": ((-0.6, 12.6), (-7.4, 1.4)),
}  #: name -> its limits, if they are not those of a quantity


def of(name: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each prediction ``x`` by itself, and its slope."""
    kind = KINDS[name]
    target = np.full_like(x, kind.target)
    each = replace(kind.loss, reduction="none")
    return each.value(x, target), each.grad(x, target)


def render(loss: str, at: float) -> tuple[Figure, str]:
    kind = KINDS[loss]
    (value,), (slope,) = (numbers.tolist() for numbers in of(loss, np.array([at])))
    figure, axes = sheet()
    names = (with_unit("loss", kind.loss.unit), "slope of the loss")
    for ax, here, curve, name, limits, colour in zip(
        axes, (value, slope), of(loss, XS), names, LIMITS.get(loss, QUANTITY), PALETTE, strict=False
    ):
        ax.plot(XS, curve, color=colour)
        mark(ax, at, here)
        ax.set(xlabel=kind.axis, ylabel=name, xlim=(-2.7, 2.7), ylim=limits)
    tangent = np.array([-0.6, 0.6])
    axes[0].plot(at + tangent, value + slope * tangent, color=PALETTE[1], linewidth=1.2)
    where = f"{capital(loss)} at a {kind.axis.split(' ')[0]} of {number(at)}"
    return figure, f"{where}: loss {number(value)}, slope {number(slope)}. {kind.lesson}."


def loss_explorer() -> Explorer:
    """Each loss of one prediction and its slope: where it pulls hard on the prediction, and where it does not."""
    steps = tuple(np.linspace(-2, 2, 9).tolist())
    return explore(render, title="A loss and its slope", loss=list(KINDS), at=Control(steps, "residual or score", 1.5))
