"""Lab: four optimisers race down a surface."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbook.optim import SGD, Adam, RMSprop, Rule
from lossbook.optim.base import lr_at
from lossbook.plotting import PALETTE
from lossbook.surfaces import SURFACES
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import SMALL, contours, decades, mark, sheet
from lossbook.widgets.words import number

RACERS: dict[str, Rule] = {
    "gradient descent": SGD(),
    "momentum": SGD(momentum=0.9),
    "RMSprop": RMSprop(rho=0.9),
    "Adam": Adam(),
}
LRS = tuple(round(digit * 10.0**power, 4) for power in range(-4, 1) for digit in (1, 2, 5))
STEPS = (0, 1, 2, 3, 5, 8, 12, 20, 32, 50, 75, 100)
PLACES = {
    "bowl": ((-2.0, 1.5), (-2.4, 1.2, -1.6, 1.9)),
    "ravine": ((-2.5, -0.6), (-3.0, 1.5, -2.1, 1.5)),
    "saddle": ((-1.4, 0.01), (-1.7, 1.2, -0.6, 1.5)),
    "Rosenbrock": ((-1.2, 1.0), (-1.7, 1.6, -0.6, 1.7)),
    "Beale": ((1.0, 1.5), (-0.4, 3.8, -1.2, 2.0)),
}  # surface -> start, and window: left, right, bottom, top
ARRIVED = 1e-6  #: share of the first height; below it all stand in one place, and arrows would hide each other


class Walk(NamedTuple):
    lr: float
    path: np.ndarray  # (steps + 1, 2)
    heights: np.ndarray  # (steps + 1,)
    moves: np.ndarray  # (steps + 1, 2), the step from each point
    state: tuple[Any, ...]  # of the rule, after each of the moves


def walk(surface: str, rule: Rule) -> Walk:
    """Every point that the rule visits, with what it remembers."""
    theta = np.array(PLACES[surface][0])
    state, path, moves, states = rule.init(theta), [], [], []
    for _ in range(STEPS[-1] + 1):
        move, state = rule.update(SURFACES[surface].grad(theta), state, theta)
        path.append(theta)
        moves.append(move)
        states.append(state)
        theta = theta + move
    points = np.array(path)
    return Walk(lr_at(rule.lr, 0), points, SURFACES[surface].value(points), np.array(moves), tuple(states))


@functools.cache
def best(surface: str, name: str) -> Walk:
    """The walk whose learning rate, of ``LRS``, keeps it lowest on average; with too large a rate it flies off."""
    with np.errstate(all="ignore"):
        walks = [walk(surface, replace(RACERS[name], lr=lr)) for lr in LRS]
        means = [one.heights.mean() for one in walks]
    return walks[int(np.argmin([mean if math.isfinite(mean) else math.inf for mean in means]))]


def render(surface: str, step: int) -> tuple[Figure, str]:
    walks = {name: best(surface, name) for name in RACERS}
    extent = PLACES[surface][1]
    figure, (ground, race) = sheet()
    contours(ground, SURFACES[surface].value, extent)
    size = 0.13 * (extent[1] - extent[0])  # of an arrow
    for (name, one), colour in zip(walks.items(), PALETTE, strict=False):
        for start, end in pairwise(STEPS):  # one piece for each leg: the states that follow share it
            if end <= step:
                ground.plot(*one.path[start : end + 1].T, color=colour, linewidth=1.3)
        mark(ground, one.path[step, 0], one.path[step, 1], color=colour, size=6)
        race.plot(np.maximum(one.heights, 1e-9), color=colour, linewidth=1.2, label=f"{name}, lr {one.lr:g}")
    under_way = [one.heights[step] > ARRIVED * one.heights[0] for one in walks.values()]
    if any(under_way):
        here = np.array([one.path[step] for one in walks.values()])[under_way]
        moves = np.array([one.moves[step] for one in walks.values()])[under_way]
        colours = [colour for colour, still in zip(PALETTE, under_way, strict=False) if still]
        arrows(ground, here, -SURFACES[surface].grad(here), size, color="0.45", width=0.006)
        arrows(ground, here, moves, size, color=colours, width=0.012)
    race.axvline(step, ymax=0.68, color="black", linewidth=0.8)
    race.set(xlabel="step", ylabel="J (its lowest value is 0)", yscale="log", ylim=(1e-9, 1e7), xlim=(-3, 103))
    decades(race.yaxis, range(-9, 4, 3))
    race.legend(loc="upper right", fontsize=SMALL, handlelength=1, borderpad=0)
    return figure, said(surface, step, walks)


def arrows(ax: Axes, start: np.ndarray, vector: np.ndarray, size: float, **looks: Any) -> None:
    """Arrows of one length, since only their directions are meant."""
    length = np.linalg.norm(vector, axis=1, keepdims=True) + 1e-300
    ax.quiver(*start.T, *(size * vector / length).T, angles="xy", scale_units="xy", scale=1, zorder=4, **looks)


def said(surface: str, step: int, walks: dict[str, Walk]) -> str:
    """How high each stands, how often it has risen on the way, and what Adam remembers."""
    order = sorted(walks, key=lambda name: walks[name].heights[step])
    standings = ", ".join(f"{name} {number(walks[name].heights[step])}" for name in order)
    rises = {name: int((np.diff(one.heights[: step + 1]) > 0).sum()) for name, one in walks.items()}
    swung = ", ".join(f"{name} in {rises[name]}" for name in order if rises[name])
    way = f"J rose in some steps ({swung}) and fell in all others" if swung else "So far J has fallen at every step"
    adam, (beta1, beta2) = walks["Adam"].state[step], RACERS["Adam"].betas  # type: ignore[attr-defined]
    m = " and ".join(number(m) for m in adam.m / (1 - beta1**adam.step))
    v = " and ".join(number(v) for v in np.sqrt(adam.v / (1 - beta2**adam.step)))
    adams = f"For its next step Adam has m̂ = {m} and √v̂ = {v}"
    return f"J on the {surface} surface after {step} steps: {standings}. {way if step else 'All start here'}. {adams}."


def optimizer_race() -> Explorer:
    """Four optimisers on a surface, each with its best learning rate; coloured arrows are steps, grey ones −∇J."""
    return explore(
        render,
        title="An optimiser race",
        play="step",
        surface=Control(tuple(SURFACES), start="ravine", kind="choice"),
        step=Control(STEPS, start=12),
    )
