"""Axes with the same ticks and labels are drawn once: they take two thirds of the time of a picture."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

GROUP = "matplotlib.axis"  # what matplotlib calls the element of an axis

KnownAxes = MutableMapping[Any, tuple[str, ...]]  #: looks of all axes of a figure -> a piece of SVG for each of them


def looks(figure: Figure) -> tuple[Any, ...]:
    """All in which the axes of two sheets may differ: ticks, labels, grids. Colours and sizes are the book's."""
    return tuple(_looks(axis, ax) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis))


def _looks(axis: Axis, ax: Axes) -> tuple[Any, ...]:
    major, minor = axis.get_majorticklocs().tolist(), axis.get_minorticklocs().tolist()
    scale = axis.get_transform()
    places = [tuple(scale.transform(each).tolist()) for each in (axis.get_view_interval(), major, minor)]
    words = [*axis.get_major_formatter().format_ticks(major), *axis.get_minor_formatter().format_ticks(minor)]
    grid = bool(len(major)) and axis.get_gridlines()[0].get_visible()
    return ax.get_position().bounds, axis.get_scale(), *places, *words, axis.get_label_text(), grid


@contextmanager
def left_out(figure: Figure) -> Iterator[None]:
    """A context in which each axis of the figure is drawn as an empty element, which marks its place."""
    axes: list[Any] = [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    for axis in axes:
        axis.draw = _mark_the_place
    try:
        yield
    finally:
        for axis in axes:
            del axis.draw


def _mark_the_place(renderer: Any) -> None:
    renderer.open_group(GROUP)
    renderer.close_group(GROUP)
