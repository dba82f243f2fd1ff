"""From a symptom to its causes as one picture for a sheet of paper: the three cheapest tests of each symptom."""

from __future__ import annotations

import base64
import io
import textwrap
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

from lossbook.curves import ROLES
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets.way import rows

FIRST = 3  #: tests of each symptom
WIDTH, SIZE = 6.6, 9.7  # inches, as wide as a page of the book; points of the text
LINE, GAP = 0.166, 0.07  # inches: of a line, and between two rows
COLUMNS = {"symptom": (0.0, 12), "test": (1.2, 38), "cause": (4.36, 29)}  # left edge in inches, characters of a line
ALT = (
    "From left to right: each symptom, its three cheapest tests, and for each test the cause that it finds. "
    "The tables below have the same words, and all other tests."
)


class WayPicture:
    """What :func:`way_picture` gives."""

    def figure(self) -> Figure:
        """The picture, as high as its words need."""
        placed, y = _placed()
        figure = Figure(figsize=(WIDTH, y + 0.1))
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-0.05, WIDTH - 0.05), ylim=(y + 0.05, -0.05))
        axes.axis("off")
        for name, (x, _) in COLUMNS.items():
            axes.text(x, 0, "first tests" if name == "test" else name, va="top", weight="bold", size=SIZE)
        for symptom, top, tests in placed:
            axes.plot((0, WIDTH - 0.1), (top - GAP, top - GAP), color="0.8", linewidth=0.6)
            axes.text(0, top, symptom, va="top", weight="bold", size=SIZE, color=ROLES["broken"])
            for at, (test, cause) in tests:
                middle = at + 0.5 * LINE
                axes.plot((0.98, 1.06, 1.17), (top + 0.5 * LINE, middle, middle), color="0.5", linewidth=0.8)
                axes.text(COLUMNS["test"][0], at, test, va="top", size=SIZE, linespacing=1.25)
                axes.annotate(
                    "",
                    (COLUMNS["cause"][0] - 0.05, middle),
                    (COLUMNS["cause"][0] - 0.24, middle),
                    arrowprops={"arrowstyle": "->", "color": "0.3", "linewidth": 0.8},
                )
                axes.text(COLUMNS["cause"][0], at, cause, va="top", size=SIZE, linespacing=1.25)
        return figure

    def svg(self) -> str:
        """The same as text; letters are drawn, so that it looks alike on any machine and on paper."""
        file = io.StringIO()
        with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "way"}):
            self.figure().savefig(file, format="svg", metadata={"Date": None})
        return file.getvalue()

    def _repr_html_(self) -> str:
        address = "data:image/svg+xml;base64," + base64.b64encode(self.svg().encode()).decode()
        return f'<img class="wide" src="{address}" alt="{escape(ALT)}">'

    def __repr__(self) -> str:
        return "<the three cheapest tests of each symptom, as a picture>"


def way_picture() -> WayPicture:
    """From each symptom to its three cheapest tests and their causes, on one sheet; ``.svg()`` to print it."""
    return WayPicture()


def _placed() -> tuple[list[tuple[str, float, list[tuple[float, tuple[str, str]]]]], float]:
    """Symptom, its top, and its tests and causes with theirs, in inches from above; and where they end."""
    placed, y = [], 2 * LINE
    for symptom in SYMPTOMS:
        top, tests = y, []
        for row in rows(symptom)[:FIRST]:
            test = textwrap.fill(f"{row.step}.", COLUMNS["test"][1])
            cause = textwrap.fill(row.cause.title, COLUMNS["cause"][1])
            tests.append((y, (test, cause)))
            y += LINE * max(test.count("\n") + 1, cause.count("\n") + 1) + GAP / 2
        placed.append((symptom, top, tests))
        y += GAP
    return placed, y
