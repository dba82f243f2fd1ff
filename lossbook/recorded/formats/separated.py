"""Tables as text: CSV with any separator, of Lightning, Keras, W&B, ultralytics, TensorBoard, a spreadsheet, fastai."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lossbook.recorded.cells import number
from lossbook.recorded.source import Source

SEPARATORS = (";", "\t", ",", "|")
RULER = re.compile(r"[\s|+:=-]+")  # the line beneath the names in a table that people read
ENOUGH = 0.6  # of the cells of the first rows must be numbers or empty; a line of prose has fewer


class Layout(NamedTuple):
    """How the lines of a table are cut."""

    separator: str | None  #: None for spaces
    names: list[str]
    above: list[str]  #: the lines above the names


def sniff(source: Source) -> bool:
    """A line of names, and below it lines with as many cells, most of them numbers."""
    return _layout(source) is not None


def read(source: Source) -> Iterator[dict[str, float]]:
    """A row for each line with as many cells as there are names."""
    layout = _layout(source)
    assert layout is not None
    cut, comma = _cut(layout.separator), layout.separator in (";", "\t")
    names, skipped = layout.names, 0
    for line in source.lines():
        cells = cut(line)
        if len(cells) != len(names):
            skipped += RULER.fullmatch(line) is None and line.strip() not in layout.above
            continue
        row = {}
        for name, cell in zip(names, cells, strict=True):
            if cell and name and (value := number(cell, comma=comma)) is not None:
                row[name] = value
        if row:  # there is none in the line of names, which can stand again where a run was continued
            yield row
    source.leave_out(skipped, "with another number of cells")


def _layout(source: Source) -> Layout | None:
    lines = [line for line in source.look() if not RULER.fullmatch(line)]
    while lines and lines[0].lstrip().startswith("#") and not (len(lines) > 1 and _fits(lines[0], lines[1])):
        lines.pop(0)
    for separator in (*SEPARATORS, None):
        for start in range(min(3, len(lines))):  # a line or two of words may stand above the names
            names = _cut(separator)(lines[start].lstrip("# ") if start == 0 else lines[start])
            below = [_cut(separator)(line) for line in lines[start + 1 : start + 31]]
            if _is_table(names, below):
                return Layout(separator, _distinct(names), [line.strip() for line in lines[:start]])
    return None


def _fits(comment: str, line: str) -> bool:
    """Whether a comment holds the names of the columns, as numpy.savetxt writes them."""
    return any(len(_cut(one)(comment.lstrip("# "))) == len(_cut(one)(line)) > 1 for one in (*SEPARATORS, None))


def _is_table(names: list[str], below: list[list[str]]) -> bool:
    if not below or not any(names) or any(number(name) is not None for name in names if name):
        return False
    if len(names) == 1 and len(names[0].split()) > 3:
        return False
    same = [cells for cells in below if len(cells) == len(names)]
    if len(same) < max(0.7 * len(below), 1):
        return False
    cells = [cell for row in same for cell in row]
    good = [number(cell, comma=True) is not None for cell in cells if cell]
    return bool(good) and sum(good) >= ENOUGH * len(good)


def _distinct(names: list[str]) -> list[str]:
    """The names, the second of two that are alike with its place."""
    return [f"{name} ({index + 1})" if name in names[:index] else name for index, name in enumerate(names)]


def _cut(separator: str | None) -> Callable[[str], list[str]]:
    if separator is None:
        return str.split

    def cut(line: str) -> list[str]:
        if separator == "|":
            return [cell.strip() for cell in line.strip().strip("|").split("|")]
        if '"' not in line:
            return [cell.strip() for cell in line.split(separator)]
        try:
            cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
        except (csv.Error, StopIteration):
            cells = line.split(separator)
        return [cell.strip() for cell in cells]

    return cut
