"""The curves of a run as text for a terminal, or as a picture for a file."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Mapping
from typing import TextIO

import numpy as np

from lossbook.experiment import History

COLOURS = (33, 208)  # blue and orange among a terminal's 256, told apart with any colour vision
LETTERS = ("x", "o")  # in their place where there are no colours
DECADES = 100.0  # highest over lowest loss, above which the axis is logarithmic
PLAIN = str.maketrans("─│┌┐└┘├┤┬┴┼", "-|+++++++++")


def is_plain(stream: TextIO) -> bool:
    """Whether to write ASCII without colours: into a pipe or a file, and where a terminal is set or bound to that."""
    try:
        "⣿─".encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return True
    return not stream.isatty() or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def spans_decades(histories: Mapping[str, History]) -> bool:
    """Whether the reference losses ask for a logarithmic axis."""
    values = _finite(histories)
    return bool(values.size and values.min() > 0 and values.max() > DECADES * values.min())


def text_chart(histories: Mapping[str, History], *, width: int = 78, height: int = 18, plain: bool = False) -> str:
    """The reference losses over the steps. What is not finite is not drawn.

    Args:
        histories: legend's label -> history, two at most.
        width: columns.
        height: lines.
        plain: ASCII without colours, else Braille dots with colours.
    """
    import plotext

    values = _finite(histories)
    if not values.size:
        return "No reference loss is finite: there is nothing to draw.\n"
    log = spans_decades(histories)
    scale, unscale = (math.log10, lambda at: 10**at) if log else (float, float)
    figure, names = plotext.figure, []
    figure.clear()
    plotext.terminal.limit(False, False)
    figure.theme("colorless").plot_size(width, height - 1)
    for (label, history), letter, colour in zip(histories.items(), LETTERS, COLOURS, strict=False):
        looks = zip(history.eval_step, history.reference_loss, strict=True)
        kept = [(step, scale(loss)) for step, loss in looks if math.isfinite(loss)]
        marker = plotext.marker(letter if plain else "braille", plotext.pixel(foreground=colour))
        figure.draw(figure.signal(*zip(*kept, strict=True), marker=marker).lines(True))
        names.append(f"{letter} {label}" if plain else f"\x1b[38;5;{colour}m⣿ {label}\x1b[0m")
    low, high = scale(values.min()), scale(values.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    ticks = np.linspace(low, high, 5).tolist()
    figure.ruler("y").lim(low, high).ticks(ticks, [f"{unscale(at):.3g}" for at in ticks])
    last = max(history.eval_step[-1] for history in histories.values())
    steps = [round(at) for at in np.linspace(0, last, 6)]
    figure.ruler("x").lim(0, last).ticks(steps, [str(at) for at in steps])
    figure.label("step", "x")
    drawn = f"Reference loss{', logarithmic' * log}: {', '.join(names)}\n{figure.build().string(colorless=plain)}"
    return drawn.translate(PLAIN) if plain else drawn


def picture(histories: Mapping[str, History], title: str, suffix: str) -> bytes:
    """The same as an image, "png" or "svg"."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from lossbook import plotting

    content = io.BytesIO()
    with mpl.rc_context():
        plotting.use_style()
        figure = Figure()
        plotting.plot_history(histories, "reference_loss", ax=figure.subplots(), log=spans_decades(histories))
        figure.suptitle(title)
        figure.savefig(content, format=suffix)
    return content.getvalue()


def _finite(histories: Mapping[str, History]) -> np.ndarray:
    values = np.concatenate([history.reference_loss for history in histories.values()])
    return values[np.isfinite(values)]
