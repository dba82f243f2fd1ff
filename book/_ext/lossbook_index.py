"""The index as MyST Markdown: every symptom, cause and term, each with the place where it is explained."""

from __future__ import annotations

import re
from pathlib import Path

import lossbook_case_words as words

from lossbook.causes import CAUSES, WRITTEN, Cause
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets.case_links import PAGES as PAGE_OF

GLOSSARY = Path(__file__).parent.parent / "glossary.md"
ENTRY = re.compile(
    r"^\*\*(.+?)\*\*(?: \((.+)\))?\n: .*\[([\d.]+) [^\]]*\]\(\.\./(notebooks/\w+\.ipynb)\)", re.MULTILINE
)


def index() -> str:
    """The page."""
    parts = [
        "% Written by book/_ext/lossbook_cases.py from the tables of the package and from the glossary; do not edit.",
        "# Index (索引)",
        "Symptoms by their names and by what people call them, causes by what is wrong, and terms. Each leads to its "
        "place: a symptom to the [checklist](checklist.md), a cause to its case file, a term to the page that defines "
        "it. The [glossary](glossary.md) says what a term means in one line.",
        "## Symptoms",
        _boxed(_symptoms()),
        "## Causes",
        _boxed([_cause(row) for row in sorted(CAUSES.values(), key=lambda row: row.title.lower())]),
        "## Terms",
        _boxed(_terms(GLOSSARY.read_text(encoding="utf-8"))),
    ]
    return "\n\n".join(parts) + "\n"


def _symptoms() -> list[str]:
    """The ten names, and what people call them, in one alphabet."""
    found = {code: f"[**{code}**](checklist.md#symptom-{code})" for code in SYMPTOMS}
    for code, called in words.SYMPTOM_WORDS.items():
        for name in called.split(", "):
            if re.fullmatch(r"[A-Za-z][A-Za-z ]+", name):
                found.setdefault(name, f"{name}: [{code}](checklist.md#symptom-{code})")
    return [f"- {found[name]}" for name in sorted(found, key=str.lower)]


def _cause(row: Cause) -> str:
    taught = f"; [{row.chapter}](../notebooks/{WRITTEN[row.chapter]}.ipynb)" if row.chapter in WRITTEN else ""
    return f"- {row.title}: [`{row.key}`](cases/{PAGE_OF[row.key]}.md#case-{row.key}){taught}"


def _terms(glossary: str) -> list[str]:
    entries = sorted(ENTRY.findall(glossary), key=lambda entry: entry[0].lower())
    return [
        f"- {term}{f' ({chinese})' * bool(chinese)}: [{number}](../{page})" for term, chinese, number, page in entries
    ]


def _boxed(lines: list[str]) -> str:
    return "\n".join([":::{container} lossbook-index", *lines, ":::"])
