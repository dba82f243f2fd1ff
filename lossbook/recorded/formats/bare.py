"""Numbers without names: a bare column, as numpy.savetxt writes one, or all losses on one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lossbook.recorded.cells import MISSING, number
from lossbook.recorded.source import Source, Unreadable

APART = re.compile(r"[\s;]+|,\s+|,(?=[-+.\d])")
DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*(;.*|\t.*)?")


def sniff(source: Source) -> bool:
    """Every line holds numbers only."""
    lines = [line for line in source.look() if not line.lstrip().startswith("#")]
    return bool(lines) and all(None not in _numbers(line) for line in lines)


def read(source: Source) -> Iterator[dict[str, float]]:
    """A row for each number, or, of two columns whose first one rises, for each line.

    Raises:
        Unreadable: there are more columns, and nothing says which holds the loss.
    """
    lines = [_numbers(line) for line in source.look() if not line.lstrip().startswith("#")]
    width = len(lines[0])
    clock = width == 2 and len(lines) > 1 and _rises([line[0] for line in lines if len(line) == 2])
    if width > 1 and len(lines) > 1 and not clock:
        raise Unreadable(f"its {width} columns must have names in a first line, so that one can be chosen")
    skipped = 0
    for line in source.lines():
        if line.lstrip().startswith("#"):
            continue
        found = _numbers(line)
        if None in found or (clock and len(found) != 2):
            skipped += 1
        elif clock:
            yield {"step": found[0] or 0.0, "loss": found[1] or 0.0}
        else:
            yield from ({"loss": value} for value in found if value is not None)
    source.leave_out(skipped, "without numbers")


def _numbers(line: str) -> list[float | None]:
    if DECIMAL_COMMA.fullmatch(line):
        line = line.replace(",", ".")
    return [number(part) for part in APART.split(line.strip().strip("[](),;"))]


def _rises(values: list[float | None]) -> bool:
    clean = [value for value in values if value is not None and value == value and value != MISSING]
    whole = all(value == int(value) for value in clean if abs(value) < 1e15)
    return whole and all(after > before for before, after in pairwise(clean))
