"""Text that programs print: a number behind its name, and a clock somewhere on the line or above it.

Read are ``name: 2.3``, ``name=2.3``, ``name 2.3``, ``{'name': 2.3}`` and the counters ``[640/60000``, ``10/900``,
``[1,  2000]`` and ``[0][ 10/5005]``. A word for held-out data before a loss makes it a held-out loss.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossbook.recorded.cells import MISSING, number
from lossbook.recorded.formats.phrasing import NUMBER, Phrase, phrases
from lossbook.recorded.names import clock_place, is_epoch
from lossbook.recorded.source import Source

KINDS = 5000  # kinds of lines whose phrases are remembered
MOST_NUMBERS = 400  # on a line that tells how far a training is


def sniff(source: Source) -> bool:
    """Anything that is text."""
    return source.is_text


def read(source: Source) -> Iterator[dict[str, float]]:
    """A row for each line that tells a loss or a score; the epoch can stand on a line above."""
    epoch: float | None = None
    known: dict[tuple[str, ...], list[Phrase]] = {}
    for line in source.lines():
        parts = NUMBER.split(line)
        between = tuple(parts[::2])
        if not 1 < len(between) < MOST_NUMBERS:
            continue
        told = known.get(between)
        if told is None:
            if len(known) >= KINDS:
                known.clear()
            told = known[between] = phrases(between)
        if not told:
            continue
        row = _row(told, parts[1::2])
        own = next((value for name, value in row.items() if is_epoch(name)), None)
        epoch = epoch if own is None else own
        if any(clock_place(name) is None for name in row):
            if own is None and epoch is not None:
                row["epoch"] = epoch
            yield row


def _row(told: list[Phrase], numbers: list[str]) -> dict[str, float]:
    """The numbers by their names."""
    row: dict[str, float] = {}
    for name, place, total, bar in told:
        value = number(numbers[place])
        if value is None:
            continue
        if total is None:
            row[name] = value
            continue
        whole = number(numbers[total]) or MISSING
        if bar and value < whole:
            return {}
        if clock_place(name) is None:
            row[name] = value / whole
        elif value <= whole and not bar:
            row[name] = value
    return row
