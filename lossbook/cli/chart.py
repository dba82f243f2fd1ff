"""The curves of a run as text for a terminal, or as a picture for a file."""

from __future__ import annotations

import io
import math
import os
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TextIO

import numpy as np

from lossbook import curves
from lossbook.curves import PALETTE, ROLES
from lossbook.experiment import History

COLOURS = {PALETTE[0]: 33, PALETTE[1]: 208}  # the book's blue and orange -> the terminal's nearest of 256
LETTERS = ("x", "o")  # what marks the two runs where there are no colours
INDENT: dict[str, Any] = {"initial_indent": "  ", "subsequent_indent": "    "}
PLAIN = str.maketrans("─│┌┐└┘├┤┬┴┼", "-|+++++++++")


def is_plain(stream: TextIO) -> bool:
    """Whether to write ASCII without colours: to a pipe or a file, or where the terminal asks for it."""
    try:
        "⣿─".encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return True
    return not stream.isatty() or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


class Line(NamedTuple):
    """A curve to draw."""

    step: np.ndarray
    value: np.ndarray
    lost: curves.Lost | None = None  #: where it ceases to be finite
    dots: bool = False  #: dots that are not joined


def text_chart(
    histories: Mapping[str, History],
    quantity: str = "reference_loss",
    *,
    width: int = 78,
    height: int = 18,
    plain: bool = False,
) -> str:
    """One quantity of some runs over the steps, as :func:`text_lines` draws it.

    Args:
        histories: legend's label -> history, two at most.
        quantity: a key of ``lossbook.curves.QUANTITIES``.
        width: columns.
        height: lines, without those of the legend.
        plain: ASCII without colours, else Braille dots with colours.
    """
    lines = {
        label: Line(*curves.points(history, quantity), curves.lost(history, quantity))
        for label, history in histories.items()
    }
    name = curves.axis_label(histories.values(), quantity)
    return text_lines(lines, name, width=width, height=height, plain=plain)


def text_lines(lines: Mapping[str, Line], name: str, *, width: int = 78, height: int = 18, plain: bool = False) -> str:
    """Curves over the steps. Where one ceases to be finite, a cross stands at the upper edge.

    Args:
        lines: legend's label -> curve, two at most.
        name: of the axis.
        width: columns.
        height: lines, without those of the legend.
        plain: ASCII without colours, else Braille dots with colours.
    """
    import plotext

    values = np.concatenate([line.value[np.isfinite(line.value)] for line in lines.values()])
    kind, unit = curves.scale_of(values)
    scale, unscale = _scale(kind, unit)
    low, high = (scale(values.min()), scale(values.max())) if values.size else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    figure = plotext.figure
    layers: list[Any] = []
    legend: dict[str, int] = {}  # words -> colour
    figure.clear()
    plotext.terminal.limit(False, False)
    figure.theme("colorless").plot_size(width, height - 1)
    for index, (label, line) in enumerate(lines.items()):
        letter, colour = LETTERS[index], COLOURS[ROLES.get(label, PALETTE[index])]
        pixel, lost = plotext.pixel(foreground=colour), line.lost
        kept = [(int(step), scale(at)) for step, at in zip(line.step, line.value, strict=True) if math.isfinite(at)]
        if kept:
            marker = plotext.marker(letter if plain else "braille", pixel)
            layers.insert(0, figure.signal(*zip(*kept, strict=True), marker=marker).lines(not line.dots))
        if lost is not None:
            layers.append(figure.signal([lost.step], [high], marker=plotext.marker("X", pixel)))
        legend[f"{letter if plain else '⣿'} {label}{f': {lost.words} (X)' if lost else ''}"] = colour
    for layer in layers:  # the broken run above the other, and crosses above all
        figure.draw(layer)
    ticks = np.linspace(low, high, 5).tolist()
    figure.ruler("y").lim(low, high).ticks(ticks, _in_digits([unscale(at) for at in ticks]))
    last = max(int(line.step[-1]) if len(line.step) else 0 for line in lines.values())
    marks = whole_ticks(last, width // 12)
    figure.ruler("x").lim(0, max(last, 1)).ticks(marks, [str(at) for at in marks])
    figure.label("step", "x")
    heading = f"{name[0].upper()}{name[1:]}{', logarithmic' * (kind != 'linear')}:"
    told = f"{_heading(heading, legend, width, plain)}\n{figure.build().string(colorless=plain)}"
    return told.translate(PLAIN) if plain else told


def _in_digits(values: list[float]) -> list[str]:
    """Numbers in as few digits as tell them apart, three at least."""
    told = [[f"{value:.{digits}g}" for value in values] for digits in range(3, 7)]
    return next((words for words in told if len(set(words)) == len(set(values))), told[-1])


def whole_ticks(last: int, count: int) -> list[int]:
    """Whole numbers from 0 to ``last``, evenly spaced by 1, 2 or 5 times a power of ten, about ``count`` of them.

    >>> whole_ticks(7, 5), whole_ticks(200, 5)
    ([0, 2, 4, 6], [0, 50, 100, 150, 200])
    """
    least = last / max(count, 1)
    power = 10 ** max(math.floor(math.log10(least)), 0) if least > 0 else 1
    gap = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    return list(range(0, last + 1, gap))


def picture(histories: Mapping[str, History], title: str, suffix: str, quantity: str = "reference_loss") -> bytes:
    """The same as an image, "png" or "svg"."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from lossbook import plotting

    content = io.BytesIO()
    kind, unit = curves.axis_of(histories.values(), quantity)
    with mpl.rc_context():
        plotting.use_style()
        figure = Figure()
        ax = plotting.plot_history(histories, quantity, ax=figure.subplots(), log=kind == "log", colors=ROLES)
        if kind == "symlog":
            ax.set_yscale("symlog", linthresh=unit)
        figure.suptitle(title)
        figure.savefig(content, format=suffix)
    return content.getvalue()


def _scale(kind: str, unit: float) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """The axis: from a value to its height, and back."""
    if kind == "log":
        return math.log10, lambda at: float(10.0**at)
    if kind == "symlog":
        return (
            lambda value: math.copysign(math.log10(1 + abs(value) / unit), value),
            lambda at: math.copysign((10.0 ** abs(at) - 1) * unit, at),
        )
    return float, float


def _heading(name: str, legend: Mapping[str, int], width: int, plain: bool) -> str:
    """Name and legend in one line, or each in lines of its own if they do not fit."""
    together = len(f"{name} {', '.join(legend)}") <= width
    parts = [words if together else textwrap.fill(words, width, **INDENT) for words in legend]
    if not plain:
        parts = [f"\x1b[38;5;{colour}m{part}\x1b[0m" for part, colour in zip(parts, legend.values(), strict=True)]
    return f"{name} {', '.join(parts)}" if together else "\n".join([textwrap.fill(name, width), *parts])
