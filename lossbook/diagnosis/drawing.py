"""A curve as a small SVG, drawn in the colours of the page around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lossbook.curves import scale_of

AS_IS, MENDED = "var(--as-is)", "var(--mended)"
WIDTH, HEIGHT, EDGE = 300, 110, 6
POINTS = 300  # that are drawn, at most: of more, means


def drawing(values: Sequence[float], colour: str, like: Sequence[float] = ()) -> str:
    """The SVG of a curve; a cross at the upper edge marks where it ceases to be finite.

    Args:
        values: any numbers.
        colour: of the line.
        like: those that the height shall show; by default ``values``.
    """
    numbers, scale = np.array(values, float), np.array(like if len(like) else values, float)
    scale = scale[np.isfinite(scale)]
    kind = scale_of(scale)[0]
    parts = np.array_split(numbers, min(POINTS, max(len(numbers), 1)))
    means = np.array([part.mean() if len(part) and np.isfinite(part).all() else np.nan for part in parts])
    if kind == "log":
        means, scale = np.log10(means), np.log10(scale)
    low, high = (float(scale.min()), float(scale.max())) if len(scale) else (0.0, 1.0)
    across = np.linspace(EDGE, WIDTH - EDGE, len(means))
    share = (means - low) / (high - low) if high > low else np.where(np.isnan(means), np.nan, 0.5)
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
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{frame}{"".join(marks)}{words if kind == "log" else ""}</svg>'
    )
