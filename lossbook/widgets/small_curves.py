"""A run as a small curve: a kilobyte of SVG, without axes, for a wall of many."""

from __future__ import annotations

import math

import numpy as np

from lossbook import curves
from lossbook.curves import ROLES
from lossbook.experiment import History
from lossbook.scenarios import Scenario
from lossbook.widgets.run_picture import values_of, vertical_scale

WIDTH, HEIGHT, EDGE = 120, 64, 4  # of the picture, and free on each side, in pixels
POINTS = 36  # of a curve


def sparkline(row: Scenario, history: History) -> str:
    """The loss of the batches, thin; the reference loss, thick; the held-out loss, dashed, where it matters.

    On the scale of the large picture: logarithmic, and said so, where the run leaves a linear axis. Chance is dotted.
    A cross marks where the run ceases to be finite.
    """
    scale, linear_below = vertical_scale(row, [history])
    seen = values_of(row, [history])
    if not seen.size:
        seen = np.array([row.floor, row.chance])
    low, high = float(seen.min()), float(seen.max())
    if scale == "linear":
        low, high = min(low, row.floor), max(high, row.chance)
    low, high = _bent(scale, linear_below, np.array([low, high]))
    last = max(len(history.loss), 1)

    def place(steps: np.ndarray, values: np.ndarray) -> list[tuple[int, int] | None]:
        up = (_bent(scale, linear_below, values) - low) / max(high - low, 1e-12)
        x = EDGE + (WIDTH - 2 * EDGE) * steps / last
        y = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * up
        return [(round(a), round(b)) if math.isfinite(b) else None for a, b in zip(x, y, strict=True)]

    color = ROLES["healthy" if row.cause is None else "broken"]
    drawn = [_path(place(*_fewer(history, "loss")), 'stroke-width="1" opacity=".5"')]
    if row.symptom == "overfitting":
        looks = f'stroke="{ROLES["held-out"]}" stroke-width="2" stroke-dasharray="4 3"'
        drawn.append(_path(place(*_fewer(history, "val_loss")), looks))
    drawn.append(_path(place(*_fewer(history, "reference_loss")), 'stroke-width="2"'))
    chance = place(np.array([0.0]), np.array([row.chance]))[0]
    if chance is not None and 0 <= chance[1] <= HEIGHT:
        drawn.insert(0, f'<path d="M0 {chance[1]}h{WIDTH}" stroke="#888" stroke-dasharray="1 4"/>')
    if (lost := curves.lost(history, "reference_loss")) is not None:
        x = round(EDGE + (WIDTH - 2 * EDGE) * lost.step / last)
        drawn.append(f'<path d="M{x - 3} 3l6 6m0-6l-6 6" stroke-width="2"/>')
    if scale != "linear":
        drawn.append(f'<text x="{WIDTH - 2}" y="11" text-anchor="end" font-size="10">log</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'fill="none" stroke="{color}" aria-hidden="true">{"".join(drawn)}</svg>'
    )


def _bent(scale: str, linear_below: float, values: np.ndarray) -> np.ndarray:
    """Heights on this scale; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale == "log":
            return np.log10(values)
        return np.arcsinh(values / linear_below) if scale == "symlog" else values


def _fewer(history: History, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Some points of a curve, evenly: its first and its last among them."""
    steps, values = curves.points(history, name)
    if len(values) > POINTS:
        chosen = np.linspace(0, len(values) - 1, POINTS).round().astype(int)
        steps, values = steps[chosen], values[chosen]
    return steps.astype(float), np.where(np.isfinite(values), values, np.nan)


def _path(points: list[tuple[int, int] | None], looks: str) -> str:
    """A line through the points, broken where there is none."""
    words: list[str] = []
    before: tuple[int, int] | None = None
    for point in points:
        if point is not None:
            if before is None:
                words.append("M{} {}h0".format(*point))  # a point that stands alone is seen, too
            else:
                words.append(f"l{point[0] - before[0]} {point[1] - before[1]}".replace(" -", "-"))
        before = point
    return f'<path d="{"".join(words)}" stroke-linecap="round" {looks}/>'
