"""One drawing: a figure in the book's style, and of it a picture and a sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from lossbook import plotting
from lossbook.widgets.known_axes import KnownAxes
from lossbook.widgets.settings import own_settings
from lossbook.widgets.svg import Picture, picture

Sheet = tuple[Figure, Any]  #: a figure, and its axes, which stand side by side

_PAINTING = threading.Lock()  # matplotlib sets text in formulas by one parser for all threads
_FREE: dict[int, list[Sheet]] = {}  # number of panels -> sheets that no drawing uses now
_AXES: KnownAxes = {}  # of sheets
_LENT: ContextVar[list[tuple[int, Sheet]] | None] = ContextVar("sheets that this thread's drawing uses", default=None)


def styled(render: Callable[[], tuple[Figure, str]], prefix: str) -> tuple[Picture, str]:
    """A figure drawn in the book's style, as a picture, and the sentence that comes with it.

    ``render`` may train for long: other drawings do not wait for it. Matplotlib's settings stay as they are.

    Raises:
        TypeError: ``render`` does not give a figure and a sentence.
    """
    lent: list[tuple[int, Sheet]] = []
    token = _LENT.set(lent)
    try:
        with own_settings():
            plotting.use_style()
            figure, says = _checked(render())
            with _PAINTING:
                drawn = picture(figure, prefix, _AXES if any(one[0] is figure for _, one in lent) else None)
            if figure.canvas.manager is not None:  # made by pyplot, which would keep it and show it below the cell
                plt.close(figure)
    finally:
        _LENT.reset(token)
    for panels, one in lent:
        _FREE.setdefault(panels, []).append(one)
    return drawn, says


def sheet(panels: int, make: Callable[[], Sheet], wipe: Callable[[Sheet], None]) -> Sheet:
    """A figure that no other drawing uses, new or wiped clean.

    :func:`styled` gives its figures back once their pictures are made, and they are used again, since new axes and
    ticks take half of the time of a drawing. Outside of ``styled`` each call makes a figure that the caller
    keeps.
    """
    lent = _LENT.get()
    with own_settings():
        plotting.use_style()
        try:
            one = _FREE[panels].pop() if lent is not None else make()
        except LookupError:  # all are in use
            one = make()
        wipe(one)
    if lent is not None:
        lent.append((panels, one))
    return one


def _checked(made: Any) -> tuple[Figure, str]:
    if not (isinstance(made, tuple) and len(made) == 2 and isinstance(made[0], Figure) and isinstance(made[1], str)):
        got = ", ".join(type(part).__name__ for part in made) if isinstance(made, tuple) else type(made).__name__
        raise TypeError(f"render must give a matplotlib Figure and a sentence, got {got}.")
    return made
