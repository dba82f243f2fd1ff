"""The way from a symptom to its causes: a row for each, with the test that decides, the fix, and where to read on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TypeVar

from lossbook.causes import COSTS, READINGS, WRITTEN, Cause, suspects
from lossbook.snippets import SNIPPETS, Snippet
from lossbook.widgets.case_links import PAGES, suffix

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One cause of a symptom, as a reader meets it.

    >>> [row.cause.key for row in rows("spiking")]
    ['lr-too-high']
    """

    cause: Cause
    snippet: Snippet

    @property
    def step(self) -> str:
        """What to do first in the test, without what it shows.

        >>> rows("spiking")[0].step
        'Train again with a tenth of the learning rate'
        """
        return re.split(r"[.:;](?:\s|$)", self.cause.test)[0]

    @property
    def links(self) -> str:
        """Its case file and its section, as HTML; empty where neither can be opened."""
        case = case_address(self.cause.key)
        chapter = chapter_address(self.cause.chapter)
        links = [_link(case, "its case file")] if case else []
        links += [_link(chapter, f"section {self.cause.chapter}")] if chapter else []
        return " · ".join(links)


def rows(symptom: str) -> list[Row]:
    """The causes that show a symptom: the cheapest test first, then those that show it more often.

    Raises:
        ValueError: there is no such symptom; the message names the nearest one.
    """
    return [Row(cause, SNIPPETS[cause.key]) for cause in suspects(symptom)]


def by_test(symptom: str) -> list[list[Row]]:
    """The same, those together that one test tells apart; they stand where the cheapest of them stood.

    >>> [[row.cause.key for row in some] for some in by_test("spiking")]
    [['lr-too-high']]
    """
    found: dict[str, list[Row]] = {}
    for row in rows(symptom):
        found.setdefault(row.snippet.test, []).append(row)
    return list(found.values())


def stages(found: list[T], cost_of: Callable[[T], str]) -> dict[str, list[T]]:
    """By what the test needs, the cheapest first: a key of ``COSTS`` -> rows or tests; what has none is left out."""
    sorted_ = {cost: [one for one in found if cost_of(one) == cost] for cost in COSTS}
    return {cost: some for cost, some in sorted_.items() if some}


def first_suspects(symptom: str) -> list[tuple[str, list[Row]]]:
    """What three readings of the log point to: words for "a reading is beyond a limit" -> the causes of this symptom
    whose runs were beyond it on every seed. Other causes may be there, too.

    >>> [(words, [row.cause.key for row in some]) for words, some in first_suspects("spiking")]
    [('The largest update ratio of the first 10 steps is above 1', ['lr-too-high'])]
    """
    found = []
    for key, words in LIMITS.items():
        limits = READINGS[key]
        sides = (("above", limits.high, limits.causes_above), ("below", limits.low, limits.causes_below))
        for side, limit, causes in sides:
            some = [row for row in rows(symptom) if row.cause.key in causes]
            if some:
                found.append((f"{words} is {side} {limit:g}", some))
    return found


#: key of ``READINGS`` -> the beginning of a sentence
LIMITS = {
    "loss at the start": "The loss before the first step, over that of a model that knows nothing,",
    "update ratio": "The largest update ratio of the first 10 steps",
    "gradient norm": "The gradient norm before the first step",
}


def case_address(key: str) -> str | None:
    """Of the case file of a cause, as seen from a notebook; None where there is no such page."""
    return _there(f"../book/cases/{PAGES[key]}", f"#case-{key}")


def chapter_address(section: str) -> str | None:
    """Of a section, as seen from another notebook; None if it is not written, or not there."""
    return _there(WRITTEN[section]) if section in WRITTEN else None


def _there(page: str, anchor: str = "") -> str | None:
    """The address of a page: of the built book, which has them all, or of a file beside the notebook in JupyterLab."""
    file = f"{page}.{suffix()}"
    return f"{file}{anchor}" if suffix() == "html" or Path(file).is_file() else None


def torch_lines(lines: str) -> str:
    """Lines of code as HTML that wraps."""
    return f'<code class="torch" style="display: block; white-space: pre-wrap">{escape(lines.strip())}</code>'


def words(text: str) -> str:
    """Words as HTML: what stands in backticks is code.

    >>> words("`a < b` holds")
    '<code>a &lt; b</code> holds'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address, quote=True)}">{escape(text)}</a>'
