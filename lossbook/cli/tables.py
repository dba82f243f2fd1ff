"""The lists of scenarios and causes. Every line fits the terminal, and nothing here needs torch."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from lossbook.causes import CAUSES, COSTS, GROUPS, SOURCES, WRITTEN, Cause, find, suspects, symptoms_meant
from lossbook.cli import output
from lossbook.cli.find import dashed, find_key, find_symptom
from lossbook.cli.layout import columns, fill, labelled
from lossbook.cli.listing import Listed, listed
from lossbook.symptoms import SYMPTOMS

ALIKE = "healthy runs that look sick"  # the group of scenarios without a cause
TITLES = {key: row.title for key, row in CAUSES.items()}


def scenarios(arguments: Namespace) -> int:
    """``lossbook scenarios``: all of them, or those of one cause or symptom."""
    output.check(arguments)
    rows = list(listed().values())
    if arguments.cause is not None:
        cause = find_key(arguments.cause, TITLES, "cause")
        rows = [row for row in rows if row.cause == cause]
    if arguments.symptom is not None:
        symptom = find_symptom(arguments.symptom)
        rows = [row for row in rows if row.symptom == symptom]
    if arguments.json is not None:
        output.write(arguments, {arguments.json: output.as_json([_with_change(row) for row in rows])})
        return 0
    width = max((len(row.key) for row in rows), default=0)
    for group in (*GROUPS, ALIKE):
        if members := [row for row in rows if _group(row) == group]:
            print(fill(group))
            for row in members:
                line = f"  {row.key:<{width}}  {row.symptom:<11}  {row.cause or ''}".rstrip()
                print(line if len(line) <= columns() else fill(f"{row.key} {row.symptom} {row.cause or ''}", "  "))
                print(fill(row.title, "      "))
            print()
    print(fill(f"{len(rows)} scenario{'s' * (len(rows) != 1)}. Train one: lossbook run KEY"))
    return 0


def causes(arguments: Namespace) -> int:
    """``lossbook causes``: all of them, one in full, or those that a symptom or some words lead to."""
    output.check(arguments)
    typed = " ".join(arguments.words)
    if typed and arguments.symptom is not None:
        raise ValueError(f"give words or --symptom, not both, got {typed!r} and {arguments.symptom!r}.")
    codes = [find_symptom(arguments.symptom)] if arguments.symptom is not None else []
    if typed and dashed(typed) not in CAUSES:
        codes = symptoms_meant(typed)
    rows = _suspects(codes) if codes else _with_words(typed) if typed else list(CAUSES.values())
    if arguments.json is not None:
        output.write(arguments, {arguments.json: output.as_json([_told(row) for row in rows])})
        return 0
    if typed and not codes and len(rows) == 1:
        _print_one(rows[0])
        return 0
    for code in codes:
        print(fill(f"{code}: {SYMPTOMS[code]}"))
    if codes:
        _print_by_cost(rows)
    elif typed:
        for row in rows:
            print(labelled(row.key, row.title, max(len(row.key) for row in rows)))
    else:
        for group in GROUPS:
            print(fill(group))
            for row in (row for row in rows if row.group == group):
                shown = ", ".join(row.symptoms) or "the loss looks well"
                print(labelled(row.key, f"{row.title} ({shown})", max(map(len, CAUSES))))
            print()
    print(fill(f"{len(rows)} cause{'s' * (len(rows) != 1)}. All about one: lossbook causes KEY"))
    return 0


def _suspects(codes: list[str]) -> list[Cause]:
    rows = dict.fromkeys(row for code in codes for row in suspects(code))
    return sorted(rows, key=lambda row: list(COSTS).index(row.cost))


def _with_words(typed: str) -> list[Cause]:
    begun = [row for row in CAUSES.values() if row.key.startswith(dashed(typed))]
    if dashed(typed) in CAUSES or len(begun) == 1:
        return [CAUSES.get(dashed(typed), begun[0])]
    return find(typed) or [CAUSES[find_key(typed, TITLES, "cause")]]


def _print_by_cost(rows: list[Cause]) -> None:
    """The suspects with test and fix, the cheapest test first."""
    for cost, words in COSTS.items():
        if members := [row for row in rows if row.cost == cost]:
            print(f"\n{fill(f'To test these, {words}:')}")
            for row in members:
                print(fill(f"{row.key}: {row.title}", "    ", "  "))
                print(fill(f"test: {row.test}", "        ", "      "))
                print(fill(f"fix: {row.fix}", "        ", "      "))
    print()


def _print_one(row: Cause) -> None:
    shown = [f"{code}: {SYMPTOMS[code]}" for code in row.symptoms] or ["none: the loss looks well."]
    there = [item.key for item in listed().values() if item.cause == row.key] or ["none yet"]
    print(fill(f"{row.title} ({row.key})"))
    for label, lines in {
        "group": [row.group],
        "symptoms": shown,
        "test": [row.test],
        "fix": [row.fix],
        "sources": [", ".join(SOURCES[key]) for key in row.sources],
        "section": [_section(row)],
        "scenarios": there,
    }.items():
        for index, line in enumerate(lines):
            print(labelled("" if index else label, line, 9))
    if row.key in SYMPTOMS:
        print(fill(f"It is a symptom, too, with suspects of its own: lossbook causes --symptom {row.key}"))


def _section(row: Cause) -> str:
    return row.chapter if row.chapter in WRITTEN else f"{row.chapter} (not written yet)"


def _told(row: Cause) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("key", "title", "group", "symptoms", "test", "cost", "fix")}
    sources = [{"key": key, "title": SOURCES[key][0], "url": SOURCES[key][1]} for key in row.sources]
    return told | {"sources": sources, "section": row.chapter, "written": row.chapter in WRITTEN}


def _group(row: Listed) -> str:
    return CAUSES[row.cause].group if row.cause else ALIKE


def _with_change(row: Listed) -> dict[str, Any]:
    from lossbook.paths import diff
    from lossbook.scenarios import SCENARIOS  # loads torch: the change is a difference of two experiments

    run = SCENARIOS[row.key]
    return row._asdict() | {"group": _group(row), "change": [str(change) for change in diff(run.broken, run.fixed)]}
