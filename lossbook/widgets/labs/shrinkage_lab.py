"""Lab: where a penalty moves the minimum."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.figure import Figure

from lossbook.penalties import ElasticNet
from lossbook.plotting import PALETTE
from lossbook.surfaces import Quadratic
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import SMALL, contours, mark, sheet
from lossbook.widgets.words import capital, course

LOWEST = np.array([0.5, 1.5])  # of the loss without a penalty
STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0)
L1_SHARES = {"L2": 0.0, "elastic net": 0.5, "L1": 1.0}
VALLEYS = {
    "along the axes": Quadratic(curvatures=(1.0, 2.0)),
    "aslant": Quadratic(curvatures=(0.6, 2.4), angle=0.9),
}
EXTENT = (-1.0, 1.54, -0.9, 2.4)  # θ₁ and θ₂ on one scale, in a panel higher than wide


@functools.cache
def minima(valley: str, penalty: str) -> np.ndarray:
    """The minimum of loss plus penalty for each of ``STRENGTHS``, (strengths, 2), by proximal gradient steps."""
    surface, a, theta = VALLEYS[valley], L1_SHARES[penalty], np.tile(LOWEST, (len(STRENGTHS), 1))
    strength, lr = np.array(STRENGTHS)[:, None], 1 / max(surface.curvatures)
    for _ in range(1000):
        moved = theta - lr * surface.grad(theta - LOWEST)
        shorter = np.maximum(np.abs(moved) - lr * strength * a, 0)  # soft threshold: the part of |θ|
        theta = np.sign(moved) * shorter / (1 + 2 * lr * strength * (1 - a))  # and the part of θ²
    return theta


def ball(penalty: str, through: np.ndarray) -> np.ndarray:
    """Where the penalty is as large as at this point: a closed curve, (points, 2)."""
    angle = np.linspace(0, 2 * np.pi, 81)
    ray, a = np.stack([np.cos(angle), np.sin(angle)], axis=1), L1_SHARES[penalty]
    height = float(ElasticNet(strength=1.0, l1_share=a).value(through))
    straight, square = a * np.abs(ray).sum(axis=1), (1 - a) * (ray**2).sum(axis=1)
    # the length r of each ray solves straight · r + square · r² = height
    length = 2 * height / (straight + np.sqrt(straight**2 + 4 * square * height) + 1e-300)
    return length[:, None] * ray


def render(penalty: str, valley: str, strength: float) -> tuple[Figure, str]:
    path, index = minima(valley, penalty), STRENGTHS.index(strength)
    here = path[index]
    figure, (ground, right) = sheet()
    contours(ground, lambda theta: VALLEYS[valley].value(theta - LOWEST), EXTENT)
    ground.axhline(0, color="black", linewidth=0.7)
    ground.axvline(0, color="black", linewidth=0.7)
    ground.plot(*path.T, color=PALETTE[2], linewidth=1.2)
    ground.plot(*ball(penalty, here).T, color=PALETTE[1], linewidth=1.4)
    ground.plot(*LOWEST, "x", color="black", markersize=6)
    mark(ground, here[0], here[1], color=PALETTE[2])
    for coordinate, colour, name in ((0, PALETTE[0], "θ₁"), (1, PALETTE[3], "θ₂")):
        right.plot(STRENGTHS, path[:, coordinate], color=colour, label=name)
        mark(right, strength, here[coordinate], color=colour)
    right.axhline(0, color="black", linewidth=0.7)
    right.set(xlabel="λ (strength of the penalty)", ylabel="parameter at the minimum")
    right.set(ylim=(-0.35, 1.75), yticks=(0, 0.5, 1, 1.5))
    right.legend(loc="upper right", fontsize=SMALL)
    zeros = [name for name, value in zip(("θ₁", "θ₂"), here, strict=True) if value == 0]
    says = f"{' and '.join(zeros)} {'is' if len(zeros) == 1 else 'are'} exactly 0" if zeros else "Neither is 0"
    way = ", ".join(f"{name} {course(path[: index + 1, axis])}" for axis, name in enumerate(("θ₁", "θ₂")))
    return figure, f"{capital(penalty)}, as λ grows from 0 to {strength:g}: at the minimum {way}. {says}."


def shrinkage() -> Explorer:
    """A loss of two parameters and a penalty: as λ grows, the minimum moves to 0, each penalty on its own path."""
    return explore(
        render,
        title="Shrinkage",
        play="strength",
        penalty=list(L1_SHARES),
        valley=list(VALLEYS),
        strength=Control(STRENGTHS, "λ", 0.5),
    )
