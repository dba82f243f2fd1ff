"""What is known, as text: the scenarios and the causes. Every line fits 80 columns."""

from __future__ import annotations

import difflib
import json
import textwrap
from argparse import Namespace
from collections.abc import Mapping
from typing import TypeVar

from lossbook import checks
from lossbook.causes import CAUSES, GROUPS
from lossbook.symptoms import SYMPTOMS

Row = TypeVar("Row")
WIDTH = 80  # columns
ALIKE = "healthy runs that look sick"  # the group of scenarios without a cause


def scenarios(arguments: Namespace) -> int:
    """``lossbook scenarios``: all of them, or those of one cause or symptom."""
    from lossbook.paths import diff
    from lossbook.scenarios import SCENARIOS

    rows = list(SCENARIOS.values())
    if arguments.cause is not None:
        row_of(CAUSES, arguments.cause, "cause")
        rows = [row for row in rows if row.cause == arguments.cause]
    if arguments.symptom is not None:
        checks.one_of("symptom", arguments.symptom, SYMPTOMS)
        rows = [row for row in rows if row.symptom == arguments.symptom]
    grouped = [(row, CAUSES[row.cause].group if row.cause else ALIKE) for row in rows]
    if arguments.json:
        listed = [
            {name: getattr(row, name) for name in ("key", "title", "cause", "symptom")}
            | {"group": group, "change": [str(change) for change in diff(row.broken, row.fixed)]}
            for row, group in grouped
        ]
        print(json.dumps(listed, indent=2, ensure_ascii=False))
        return 0
    width = max((len(row.key) for row in rows), default=0)
    for group in (*GROUPS, ALIKE):
        if members := [row for row, its in grouped if its == group]:
            print(group)
            for row in members:
                print(fill(f"{row.key:<{width}}  {row.symptom:<11}  {row.cause or ''}".rstrip(), "  "))
                print(fill(row.title, "      "))
            print()
    print(f"{len(rows)} scenario{'s' * (len(rows) != 1)}. Train one: lossbook run KEY")
    return 0


def causes(arguments: Namespace) -> int:
    """``lossbook causes``: all of them, or one in full."""
    if arguments.cause is not None:
        return one_cause(arguments.cause)
    width = max(map(len, CAUSES))
    for group in GROUPS:
        print(group)
        for row in CAUSES.values():
            if row.group == group:
                shown = ", ".join(row.symptoms) or "the loss looks well"
                print(labelled(row.key, f"{row.title} ({shown})", width))
        print()
    print(f"{len(CAUSES)} causes. All about one: lossbook causes KEY")
    return 0


def one_cause(key: str) -> int:
    """``lossbook causes KEY``."""
    row = row_of(CAUSES, key, "cause")
    from lossbook.scenarios import SCENARIOS

    shown = [f"{code}: {SYMPTOMS[code]}" for code in row.symptoms] or ["none: the loss looks well."]
    there = [item.key for item in SCENARIOS.values() if item.cause == key] or ["none yet"]
    print(fill(f"{row.title} ({row.key})", ""))
    for label, lines in {
        "group": [row.group],
        "symptoms": shown,
        "test": [row.test],
        "fix": [row.fix],
        "sources": [", ".join(row.sources)],
        "section": [row.chapter],
        "scenarios": there,
    }.items():
        for index, line in enumerate(lines):
            print(labelled("" if index else label, line, 9))
    return 0


def row_of(table: Mapping[str, Row], key: str, kind: str) -> Row:
    """The row with this key.

    Raises:
        ValueError: there is none; the message names the nearest ones.
    """
    if key in table:
        return table[key]
    near = difflib.get_close_matches(key, table, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    raise ValueError(f"there is no {kind} {key!r}, as `lossbook {kind}s` lists them{hint}")


def labelled(label: str, text: str, width: int) -> str:
    """A label and a paragraph beside it."""
    return fill(text, " " * (width + 4), f"  {label:<{width}}  ")


def fill(text: str, indent: str, first: str | None = None) -> str:
    """A paragraph; words are never broken."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
