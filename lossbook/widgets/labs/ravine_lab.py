"""Lab: gradient descent in a ravine, with a learning rate and a momentum of one's own."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.figure import Figure

from lossbook.optim import SGD
from lossbook.plotting import ROLES
from lossbook.surfaces import Quadratic, descend
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import FAINT, SMALL, contours, decades, mark, sheet
from lossbook.widgets.words import number

FLOOR, WALL = 0.5, 20.0  # the curvatures along θ₁ and along θ₂
RAVINE, START, STEPS = Quadratic(curvatures=(FLOOR, WALL)), (3.0, 1.0), 40
LRS = (0.005, 0.01, 0.02, 0.05, 0.07, 0.09, 0.0975, 0.1, 0.105, 0.15, 0.18, 0.2)
MOMENTA = (0.0, 0.3, 0.55, 0.7, 0.9)
WINDOW = np.array([3.4, 2.6])  # how far the picture reaches from the minimum
HIGH = 1e8  # of the axis of J


@functools.cache
def walk(lr: float, momentum: float) -> np.ndarray:
    """The points that the rule visits, (steps + 1, 2)."""
    return descend(RAVINE, SGD(lr=lr, momentum=momentum), START, STEPS)


def factor(curvature: float, lr: float, momentum: float) -> complex:
    """By how much a step multiplies the distance to the minimum in the long run; complex if it swings in waves.

    The rule: the distance obeys c_{t+1} = (1 + μ - ακ) c_t - μ c_{t-1}, so it grows as the larger root of
    z² - (1 + μ - ακ) z + μ = 0. Without momentum that is 1 - ακ.
    """
    half = (1 + momentum - lr * curvature) / 2
    root = np.emath.sqrt(half**2 - momentum)
    return complex(max(half + root, half - root, key=abs))


def told(z: complex) -> str:
    return f"{number(abs(z))}, in waves" if z.imag else number(z.real)


def render(momentum: float, lr: float) -> tuple[Figure, str]:
    path = walk(lr, momentum)
    heights = RAVINE.value(path)
    figure, (ground, right) = sheet()
    contours(ground, RAVINE.value, (-WINDOW[0], WINDOW[0], -WINDOW[1], WINDOW[1]))
    color = ROLES["healthy" if heights[-1] < heights[0] else "broken"]
    near = int(np.cumprod((np.abs(path) < 9 * WINDOW).all(axis=1)).sum())  # a point too far away has no place in SVG
    ground.plot(*path[: near + 1].T, color=color, linewidth=1.2)
    ground.plot(0, 0, "x", color="black", markersize=6)
    mark(ground, *START, color="black", size=5)
    if momentum:
        right.plot(np.minimum(RAVINE.value(walk(lr, 0.0)), 10 * HIGH), color=FAINT, label="no momentum")
    name = f"momentum {momentum:g}" if momentum else "no momentum"
    right.plot(np.minimum(heights, 10 * HIGH), color=color, label=name)
    right.legend(loc="lower left", fontsize=SMALL)
    right.set(xlabel="step", ylabel="loss J", yscale="log", ylim=(1e-10, HIGH), xlim=(0, STEPS))
    decades(right.yaxis, range(-9, 9, 3))
    floor, wall = (told(factor(curvature, lr, momentum)) for curvature in (FLOOR, WALL))
    each = "In the long run each step" if momentum else "Each step"
    way, rises = "falls" if heights[-1] < heights[0] else "rises", int((np.diff(heights) > 0).sum())
    return figure, (
        f"Learning rate {number(lr)}, {f'momentum {momentum:g}' if momentum else 'no momentum'}. {each} multiplies the "
        f"distance along the floor by {floor}; the distance across it by {wall}. In {STEPS} steps J {way} from "
        f"{number(heights[0])} to {number(heights[-1])}; it gets larger in {rises or 'none'} of them."
    )


def ravine() -> Explorer:
    """How large a step does a ravine allow: gradient descent with each learning rate, without momentum and with it."""
    return explore(
        render,
        title="How large a step does a ravine allow?",
        play="lr",
        momentum=Control(MOMENTA, "momentum μ"),
        lr=Control(LRS, "rate α", 0.02),
    )
