"""The page for teachers as MyST Markdown: a course by the hour and a workshop, with times that are computed.

Reading times come from the words of the pages, predictions from their boxes, and exercises from the table of the
package, so that the plan follows the pages when they change.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

from lossbook_plan import LESSON, LESSONS, Lesson

from lossbook.causes import WRITTEN

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
SPEED = 110  # words a minute: a text with formulas and code, read in a second language
MINUTES = {"opening": 5, "prediction": 6, "lab": 12, "exercise": 12, "closing": 5}
WORKSHOP = (  # minutes, what is done
    (
        10,
        "Each sketches the loss of a run that was stuck, and says what it was. Collect the causes on a wall.",
    ),
    (
        20,
        "[1.1](../notebooks/01_1_symptoms.ipynb): the nine panels. Ask its first prediction, before you scroll.",
    ),
    (20, "[Guess the cause](quiz.md) in groups of three: each answer is argued for by a test, not by a feeling."),
    (10, "A break."),
    (
        20,
        "[2.1.1](../notebooks/02_1_1_levels.ipynb): what the height of a loss says. Two of its exercises.",
    ),
    (
        30,
        "[5.5](../notebooks/05_5_mend.ipynb): three lines around a loop, best around a stuck run of one's own.",
    ),
    (10, "The [checklist](checklist.md): each marks the three tests that she will make first the next time."),
)


def plan() -> str:
    """The page."""
    words = "; ".join(f"{one}: {minutes} minutes" for one, minutes in MINUTES.items())
    home = [reading(lesson) for lesson in LESSONS]
    named = {section for lesson in LESSONS for section in lesson.read}
    rest = [section for section in WRITTEN if section not in named]
    parts = [
        "% Written by book/_ext/lossbook_cases.py from book/_ext/lossbook_plan.py and the pages; do not edit.",
        "# For teachers (教学计划)",
        f"A course of {len(LESSONS)} lessons of {LESSON} minutes, and a workshop of two hours. Students read at home; "
        "in class they predict, play and mend. Each page is a notebook that needs no network and no GPU.",
        f"Reading times are counted: {SPEED} words a minute, for a text with code in a second language, so "
        f"{min(home)} to {max(home)} minutes before a lesson. In class we plan by this table: {words}.",
        "Three habits make the difference. Let every student write a prediction down *before* you scroll, and do not "
        "comment on it. Let two neighbours explain an exercise to each other before anybody opens a solution. And let "
        "nobody change a program without having said what she will see if she is right.",
        "`check(label, answer)` below each exercise says in words what is right and what is not yet, and does not give "
        "the answer away. So a class can work at its own pace, and you see where it is stuck.",
        "## The course",
        *(_lesson(number, lesson) for number, lesson in enumerate(LESSONS, 1)),
    ]
    if rest:
        parts += ["Not in the plan, for who wants more: " + ", ".join(_page(section) for section in rest) + "."]
    parts += [f"## A workshop of {sum(minutes for minutes, _ in WORKSHOP)} minutes", _workshop()]
    return "\n\n".join(parts) + "\n"


def reading(lesson: Lesson) -> int:
    """Minutes at home, from the words of the pages."""
    return round(sum(len(prose(section).split()) for section in lesson.read) / SPEED)


def in_class(lesson: Lesson) -> int:
    """Minutes of the lesson."""
    return (
        MINUTES["opening"]
        + MINUTES["prediction"] * len(lesson.ask)
        + MINUTES["lab"] * len(lesson.show)
        + MINUTES["exercise"] * len(lesson.together)
        + MINUTES["closing"]
    )


def prose(section: str) -> str:
    """What a reader reads on a page, without solutions."""
    text = "\n\n".join(_cells(section))
    return re.sub(r":::+\{solution\}(?:.|\n)*?\n:::", "", text)


def predictions(section: str) -> list[str]:
    """What the page asks before its reveals, each in one line."""
    return [" ".join(box.split()) for box in re.findall(r":class: predict\n((?:.|\n)*?)\n:::", prose(section))]


@cache
def exercises() -> dict[str, tuple[str, str]]:
    """Label -> title and section."""
    found = {}
    for section in WRITTEN:
        for title, label in re.findall(r"\{exercise\} ([^\n]*)\n:label: (\S+)", prose(section)):
            found[label] = title, section
    return found


def _lesson(number: int, lesson: Lesson) -> str:
    lines = [
        f"### {number}. {lesson.title}",
        f"**Before** ({reading(lesson)} minutes): " + ", ".join(map(_page, lesson.read)) + ".",
    ]
    asked, lines_asked = Counter[str](), []
    for section in lesson.ask:
        box = predictions(section)[asked[section]]
        asked[section] += 1
        lines_asked.append(f"- {section}: {_outside(box)}")
    lines += [f"**In class** ({in_class(lesson)} minutes). Ask:", "\n".join(lines_asked)]
    if lesson.show:
        lines += ["Show: " + ", ".join(f"[{words}]({_address(page)})" for words, page in lesson.show) + "."]
    lines += [f"Mend in pairs: {_named(lesson.together)}.", f"**Afterwards**: {_named(lesson.home)}."]
    return "\n\n".join(
        [*lines, "What students are likely to get wrong:", "\n".join(f"- {one}" for one in lesson.wrong)]
    )


def _workshop() -> str:
    rows, begun = [], 0
    for minutes, words in WORKSHOP:
        rows.append(f"| {begun // 60}:{begun % 60:02d} | {minutes} | {words} |")
        begun += minutes
    return "\n".join(["| begins | minutes | |", "|---|---|---|", *rows])


def _named(labels: tuple[str, ...]) -> str:
    known = exercises()
    return ", ".join(f"*{known[label][0]}* ({known[label][1]})" for label in labels)


def _page(section: str) -> str:
    title = re.match(r"# [\d.]+ ([^(\n]*)", _cells(section)[0])
    return f"[{section} {title[1].strip() if title else ''}](../notebooks/{WRITTEN[section]}.ipynb)"


def _address(page: str) -> str:
    return page.removeprefix("book/") if page.startswith("book/") else f"../{page}"


def _outside(text: str) -> str:
    """A line of a page as it stands outside of ``notebooks/``."""
    text = re.sub(r"\{(?:eq|ref)\}`[^`]*`", "the formula above", text)
    return re.sub(r"\]\((\w+\.ipynb)", r"](../notebooks/\1", text)


@cache
def _cells(section: str) -> list[str]:
    cells = json.loads((NOTEBOOKS / f"{WRITTEN[section]}.ipynb").read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
