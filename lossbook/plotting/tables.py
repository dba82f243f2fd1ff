"""Tables: results in rows and columns, wrapped to the page's width in HTML, and to 72 columns in a terminal."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

WIDTH = 72  #: columns of the text face
GAP = "  "


@dataclass(frozen=True)
class Table:
    """What a notebook shows as a table, and a terminal as text. :func:`table` makes one.

    Args:
        names: of the columns.
        rows: the words of each cell.
        numeric: whether a column holds numbers, which stand at its right edge.
        caption: one line above it; empty for none.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    caption: str = ""

    def _repr_html_(self) -> str:
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        head = "".join(self._cell("th", name, here) for name, here in zip(self.names, self.numeric, strict=True))
        body = "".join(
            f"<tr>{''.join(self._cell('td', word, here) for word, here in zip(row, self.numeric, strict=True))}</tr>"
            for row in self.rows
        )
        return f'<table class="lossbook">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    @staticmethod
    def _cell(tag: str, word: str, numeric: bool) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        style = ' class="number" style="text-align: right"' if numeric else ' style="text-align: left"'
        return f"<{tag}{scope}{style}>{html.escape(word)}</{tag}>"

    def __repr__(self) -> str:
        widths = [max(len(row[at]) for row in (self.names, *self.rows)) for at in range(len(self.names))]
        while sum(widths) + len(GAP) * (len(widths) - 1) > WIDTH and max(widths) > 8:
            widths[widths.index(max(widths))] -= 1  # the widest column is wrapped
        lines = [self.caption] if self.caption else []
        lines += [*self._lines(self.names, widths), "-" * (sum(widths) + len(GAP) * (len(widths) - 1))]
        return "\n".join(lines + [line for row in self.rows for line in self._lines(row, widths)])

    def _lines(self, row: tuple[str, ...], widths: list[int]) -> list[str]:
        parts = [textwrap.wrap(word, width) or [""] for word, width in zip(row, widths, strict=True)]
        lines = []
        for at in range(max(map(len, parts))):
            words = [part[at] if at < len(part) else "" for part in parts]
            cells = [
                word.rjust(width) if numeric else word.ljust(width)
                for word, width, numeric in zip(words, widths, self.numeric, strict=True)
            ]
            lines.append(GAP.join(cells).rstrip())
        return lines


def table(
    columns: Mapping[str, Iterable[Any]], *, formats: Mapping[str, str] | None = None, caption: str = ""
) -> Table:
    """A table of results, for the last line of a notebook's cell.

    Args:
        columns: name, with its unit -> values, as many in each column; None leaves a cell empty.
        formats: name -> format of its numbers, such as ``".2f"`` or ``".0%"``; by default three digits, ``".3g"``.
        caption: one line above it.

    Raises:
        ValueError: no columns; columns of unequal lengths; a format for a column that is not there.

    >>> table({"α": [0.1, 1.0], "loss (nats)": [0.4321, float("nan")], "verdict": ["healthy", "non-finite"]})
      α  loss (nats)  verdict
    ----------------------------
    0.1        0.432  healthy
      1          NaN  non-finite
    """
    given = {name: list(values) for name, values in columns.items()}
    if len({len(values) for values in given.values()}) != 1:
        raise ValueError(f"columns must be of one length, got {[len(values) for values in given.values()]}.")
    if unknown := set(formats or {}) - set(given):
        raise ValueError(f"formats must name columns, {', '.join(given)}, got {', '.join(sorted(unknown))}.")
    words = [[_word(value, (formats or {}).get(name, "")) for value in values] for name, values in given.items()]
    numeric = tuple(all(value is None or _is_number(value) for value in values) for values in given.values())
    return Table(tuple(given), tuple(zip(*words, strict=True)), numeric, caption)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def _word(value: Any, form: str) -> str:
    if not _is_number(value):
        return "" if value is None else str(value)
    number = float(value)
    if not np.isfinite(number):
        return "NaN" if np.isnan(number) else "∞" if number > 0 else "−∞"
    return format(value, form or ("d" if isinstance(value, Integral) else ".3g"))
