"""The checklist as MyST Markdown: from a symptom to its causes, the cheapest test first; and all causes by name."""

from __future__ import annotations

import lossbook_case_words as words

from lossbook.causes import CAUSES, COSTS, GROUPS, Cause, suspects
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets.case_links import PAGES as PAGE_OF

SHORT = {  # a key of COSTS -> what the test needs, as a list begins
    "look": "**Look** at numbers, shapes or lines of code:",
    "pass": "**Send a few batches** through the model:",
    "training": "**Train** for a few steps:",
}


def checklist() -> str:
    """The page."""
    parts = [
        "% Written by book/_ext/lossbook_cases.py from the tables of the package; do not edit.",
        "# Checklist (检查清单)",
        "Find your symptom, and go down its list: the cheapest tests stand first. Each entry leads to its case file, "
        "with the test in plain PyTorch, what you see, and the fix. Not sure what it is called? "
        "[1.1 Symptoms](../notebooks/01_1_symptoms.ipynb) gives it a name.",
        "## From a symptom to its causes",
    ]
    for code, sentence in SYMPTOMS.items():
        parts += [f"(symptom-{code})=\n### {code}", sentence, *_asked(code), *_suspects(code)]
        parts += [words.searched(words.SYMPTOM_WORDS[code])]
    parts += ["## All causes, by where the repair is made"]
    for group in GROUPS:
        rows = sorted((row for row in CAUSES.values() if row.group == group), key=lambda row: row.title)
        parts += [f"### {group[0].upper()}{group[1:]}", _boxed([f"- {_link(row)} `{row.key}`" for row in rows])]
    return "\n\n".join(parts) + "\n"


def _asked(code: str) -> list[str]:
    """What some readers know of their program, and the suspect with which they begin."""
    asked = words.FIRST_ASK.get(code, ())
    return ["\n".join(f"- {known}: begin with {_link(CAUSES[key])}." for known, key in asked)] if asked else []


def _suspects(code: str) -> list[str]:
    rows = suspects(code)
    told = []
    for cost in COSTS:
        if lines := [f"- {_link(row)}" for row in rows if row.cost == cost]:
            told += [SHORT[cost], _boxed(lines)]
    if code == "healthy":
        told += ["Most often nothing is wrong: see [healthy, though it may not look so](cases/healthy.md)."]
    return told


def _boxed(lines: list[str]) -> str:
    return "\n".join([":::{container} lossbook-checklist", *lines, ":::"])


def _link(row: Cause) -> str:
    return f"[{row.title}](cases/{PAGE_OF[row.key]}.md#case-{row.key})"
