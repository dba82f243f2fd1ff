"""The case files as MyST Markdown: one page for each family of causes, and one for the healthy look-alikes."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import lossbook_case_words as words
from lossbook_case_rates import error_rates, said_instead

import lossbook
from lossbook.causes import CAUSES, COSTS, FAMILIES, SOURCES, WRITTEN, Cause
from lossbook.probes import ALSO
from lossbook.scenarios import SCENARIOS
from lossbook.snippets import SNIPPETS
from lossbook.widgets.case_links import PAGES as PAGE_OF

NOTEBOOKS = Path(lossbook.__file__).parent.parent / "notebooks"
HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

% Written by book/_ext/lossbook_cases.py from the tables of the package; do not edit.

"""
ALIKE = 5  # neighbours that are named


def pages() -> dict[str, str]:
    """Name of a page, without its suffix -> its text."""
    return {**{name: family(name) for name in FAMILIES}, "healthy": healthy()}


def link(key: str) -> str:
    """A link from one case file to another one."""
    return f"[{CAUSES[key].title}]({PAGE_OF[key]}.md#case-{key})"


def family(name: str) -> str:
    """The page of a family."""
    rows = import_module(f"lossbook.causes.{name}").ROWS
    text = (
        f"{HEAD}# Case files: {words.TITLES[name]}\n\n"
        "Each cause has a run that shows it, the same run mended, the test that decides, and the fix in plain PyTorch. "
        "The tests use the names of your own loop: `model`, `optimizer`, `loss_fn`, `loader`, and one batch `x, y`. "
        "Other ways in: [the wall of curves](../cases.md), [the checklist](../checklist.md), and "
        "[the lab](../scenarios.md), where you predict first.\n\n"
        "```{code-cell} ipython3\n:tags: [remove-cell]\nfrom lossbook import widgets\n```\n\n"
    )
    return text + "\n".join("\n\n".join(section(row)) + "\n" for row in rows)


def section(row: Cause) -> Iterator[str]:
    """The blocks of one cause."""
    one = SNIPPETS[row.key]
    runs = [key for key, scenario in SCENARIOS.items() if scenario.cause == row.key]
    yield f"(case-{row.key})=\n## {row.title}"
    shows = ", ".join(map(_suspects_of, row.symptoms))
    looks = f"shows as {shows}" if shows else f"the loss looks {_suspects_of('healthy')}"
    yield f"`{row.key}` · {looks}"
    if row.key in words.BEFORE:
        yield words.BEFORE[row.key]
    yield f"**The test** ({COSTS[row.cost]}). {words.in_markdown(row.test)}"
    yield f"```python\n{one.test.strip()}\n```"
    yield words.in_markdown(one.seen)
    yield f"**The fix.** {words.in_markdown(row.fix)}"
    yield f"```diff\n{changed(one.bug, one.fix)}\n```"
    yield "**In a run of this book:**"
    yield f"```{{code-cell}} ipython3\n:tags: [remove-input]\nwidgets.case_file({', '.join(map(_quoted, runs))})\n```"
    if row.chapter in WRITTEN:
        yield f"Explained in [{row.chapter} {_title(row.chapter)}](../../notebooks/{WRITTEN[row.chapter]}.ipynb)."
    yield "\n".join(
        [":::{admonition} What it looks like, and what it is not", ":class: dropdown", *_neighbours(row), ":::"]
    )
    yield "\n".join(
        [":::{admonition} How far the test can be trusted", ":class: dropdown", error_rates(row.key), ":::"]
    )
    sources = [f"- [{said}]({address})" for said, address in (SOURCES[key] for key in row.sources)]
    yield "\n".join([":::{admonition} Who names it", ":class: dropdown", *sources, ":::"])
    yield words.searched(words.CAUSE_WORDS[row.key])


def changed(bug: str, fix: str) -> str:
    """Both as one text: what is wrong behind a minus, what is right behind a plus.

    >>> print(changed("a\\nb", "a\\nc"))
      a
    - b
    + c
    """
    lines = difflib.ndiff(bug.strip().splitlines(), fix.strip().splitlines())
    return "\n".join(line.rstrip() for line in lines if not line.startswith("?"))


def alike(row: Cause) -> list[str]:
    """The causes that share most of its symptoms; a symptom that both show often counts more."""

    def shared(other: Cause) -> float:
        both = set(row.symptoms) & set(other.symptoms)
        return sum(1 / (1 + row.symptoms.index(code)) / (1 + other.symptoms.index(code)) for code in both)

    others = sorted((other for other in CAUSES.values() if other.key != row.key), key=shared, reverse=True)
    return [other.key for other in others[:ALIKE] if shared(other)]


def _neighbours(row: Cause) -> Iterator[str]:
    if others := alike(row):
        suspects = ", ".join(map(_suspects_of, row.symptoms))
        yield f"- Its curve looks like those of {_listed(others)}. All suspects of {suspects}."
    else:
        yield "- The loss falls as it should, and the metric does not: no other cause looks so."
    reasons: dict[tuple[str, bool], list[str]] = {}
    for (cause, probe), why in ALSO.items():
        if row.key in (cause, probe):
            reasons.setdefault((why, probe == row.key), []).append(cause if probe == row.key else probe)
    for mine, head in (
        (True, "Its test is positive, too, where another cause is to be mended first"),
        (False, "Where this is the cause, other tests are positive, too"),
    ):
        told = [f"{_listed(keys)} ({why})" for (why, side), keys in reasons.items() if side == mine]
        if told:
            yield "\n  - ".join([f"- {head}:", *told])
    if instead := said_instead(row.key):
        counted = "; ".join(f"{link(key)} ({count})" for key, count in instead)
        yield f"- In runs of programs by others that had this cause, the report put another one first: {counted}."


def _suspects_of(code: str) -> str:
    """The name of a symptom, as a link to its part of the checklist."""
    return f"[{code}](../checklist.md#symptom-{code})"


def _listed(keys: list[str]) -> str:
    return "; ".join(map(link, keys))


def healthy() -> str:
    """The page of the runs in which nothing is wrong."""
    text = (
        f"{HEAD}# Case files: healthy, though it may not look so\n\n"
        "Nothing is wrong with these runs, and no decisive test may accuse them. Each looks sick in some way at first "
        "sight: it is jagged, or slow, or flat, or stands far above zero.\n\n"
        "```{code-cell} ipython3\n:tags: [remove-cell]\nfrom lossbook import widgets\n```\n\n"
    )
    for key, row in SCENARIOS.items():
        if row.cause is None:
            name = key.removeprefix("healthy-").replace("-", " ").capitalize()
            text += f"(case-{key})=\n## {name}\n\n"
            text += f'```{{code-cell}} ipython3\n:tags: [remove-input]\nwidgets.case_file("{key}")\n```\n\n'
    return f"{text}{words.searched(words.SYMPTOM_WORDS['healthy'])}\n"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _title(section: str) -> str:
    """Of a chapter, without its number and its Chinese term."""
    text = (NOTEBOOKS / f"{WRITTEN[section]}.ipynb").read_text(encoding="utf-8")
    heading = "".join(json.loads(text)["cells"][0]["source"]).splitlines()[0]
    return heading.removeprefix(f"# {section} ").partition(" (")[0]
