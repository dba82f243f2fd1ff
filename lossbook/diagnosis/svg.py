"""A curve as a small SVG, drawn in the colours of the page around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lossbook.curves import scale_of

AS_IS, MENDED = "var(--as-is)", "var(--mended)"
WIDTH, HEIGHT, EDGE = 300, 110, 6
POINTS = 300  # that are drawn, at most: of more, means


def bounded(values: Sequence[float]) -> np.ndarray:
    """The numbers, the finite ones within 1e290, so that no sum and no difference of some of them overflows.

    >>> bounded([1.0, -1.7e308, float("inf")])
    array([ 1.e+000, -1.e+290,      inf])
    """
    numbers = np.array(values, float)
    return np.where(np.isfinite(numbers), np.clip(numbers, -1e290, 1e290), numbers)


class Height(NamedTuple):
    """What the height of a drawing stands for. Of losses that lie close together above 0, it begins at 0."""

    low: float
    high: float
    is_log: bool

    @classmethod
    def of(cls, values: Sequence[float]) -> Height:
        """That of a drawing of these numbers."""
        numbers = bounded(values)
        numbers = numbers[np.isfinite(numbers)]
        if not len(numbers):
            return cls(0.0, 1.0, False)
        if scale_of(numbers)[0] == "log":
            return cls(float(np.log(numbers.min())), float(np.log(numbers.max())), True)
        return cls(min(float(numbers.min()), 0.0), float(numbers.max()), False)

    def share(self, values: Sequence[float]) -> np.ndarray:
        """How high each number stands, in [0, 1]; NaN if it is not finite."""
        numbers = bounded(values)
        numbers[~np.isfinite(numbers)] = np.nan
        numbers = np.log(numbers) if self.is_log else numbers
        way = self.high - self.low
        return np.clip((numbers - self.low) / way, 0, 1) if way > 0 else np.where(np.isnan(numbers), np.nan, 0.5)


def drawing(values: Sequence[float], colour: str, like: Sequence[float] = ()) -> str:
    """The SVG of a curve; a cross at the upper edge marks where it ceases to be finite.

    Args:
        values: any numbers.
        colour: of the line.
        like: those that the height shall show; by default ``values``.
    """
    numbers, height = bounded(values), Height.of(like if len(like) else values)
    parts = np.array_split(numbers, min(POINTS, max(len(numbers), 1)))
    share = height.share([part.mean() if len(part) and np.isfinite(part).all() else np.nan for part in parts])
    across = np.linspace(EDGE, WIDTH - EDGE, len(share))
    down = HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE)
    shown = np.isfinite(down)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across[shown], down[shown], strict=True))
    marks = [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>']
    if not shown.all():
        x, y = float(across[int(shown.argmin())]), EDGE + 4
        cross = f"M{x - 4:.1f} {y - 4}l8 8M{x + 4:.1f} {y - 4}l-8 8"
        marks.append(f'<path d="{cross}" stroke="{colour}" stroke-width="2" fill="none"/>')
    frame = f'<path d="M.5 0V{HEIGHT - 0.5}H{WIDTH}" fill="none" stroke="currentColor" stroke-opacity=".4"/>'
    words = f' <text x="{WIDTH - 4}" y="12" font-size="10" text-anchor="end" fill="currentColor">log scale</text>'
    label = f"a curve of {len(numbers)} numbers"
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{label}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{frame}{"".join(marks)}{words if height.is_log else ""}</svg>'
    )
