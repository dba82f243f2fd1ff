"""Paragraphs and lists that fit the terminal."""

from __future__ import annotations

import shutil
import textwrap

NARROWEST, WIDEST = 20, 100  # columns; longer lines are hard to read
BESIDE = 24  # with fewer columns beside its label, a paragraph stands below it


def columns() -> int:
    """How wide a line may be: as wide as the terminal, within limits; 80 without a terminal."""
    return max(NARROWEST, min(shutil.get_terminal_size().columns, WIDEST))


def fill(text: str, indent: str = "", first: str | None = None) -> str:
    """A paragraph; words are never broken."""
    return textwrap.fill(
        text,
        columns(),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def labelled(label: str, text: str, width: int) -> str:
    """A label, ``width`` columns wide, and a paragraph beside it; below it where the terminal is narrow."""
    if columns() - width - 4 >= BESIDE:
        return fill(text, " " * (width + 4), f"  {label:<{width}}  ")
    return fill(text, "    ") if not label else f"{fill(label, '  ')}\n{fill(text, '    ')}"
