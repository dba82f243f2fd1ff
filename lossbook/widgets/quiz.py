"""The quiz: a curve, a few numbers from the log, and four suspects, each of which may be tested before the answer."""

from __future__ import annotations

import html
import json
import zlib
from typing import Any

import numpy as np

from lossbook.causes import CAUSES
from lossbook.scenarios import SCENARIOS, scenario
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets.explorer import TwoFaces
from lossbook.widgets.questions import LEVELS, Question, question

POINTS = 4  #: for a right answer without a test; each test costs one of them
ALL = "all"


class Quiz(TwoFaces):
    """What :func:`guess_the_cause` gives."""

    title = "Guess the cause"

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys

    def static(self) -> str:
        """The element of the built page; ``book/_static/quiz.js`` defines it. Without it the first question stands."""
        asked = in_order([question(key) for key in self.keys])
        names = ("key", "level", "symptom", "picture", "readings", "choices", "tests", "answer", "explained", "case")
        questions = [{name: getattr(one, name) for name in names} for one in asked]
        data = {"points": POINTS, "levels": LEVELS, "questions": questions}
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        first = asked[0]
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in first.readings)
        answer = "".join(f"<p>{html.escape(line)}</p>" for line in first.explained)
        return (
            f'<loss-quiz><div class="picture">{first.picture}</div><ul>{lines}</ul>'
            f"<details><summary>the cause</summary>{answer}</details>"
            f'<script type="application/json">{text}</script></loss-quiz>'
        )

    def live(self) -> Asking:
        """The face of a notebook."""
        return Asking(self.keys)


def guess_the_cause(keys: list[str] | None = None) -> Quiz:
    """A quiz over broken runs and healthy look-alikes: read the curve and the log, test what you suspect, and choose.

    Args:
        keys: of ``SCENARIOS``; by default all, shuffled once. In a built page, where all are trained beforehand, the
            easy ones come first, and among them those of the first chapters.

    Raises:
        ValueError: an unknown key.
    """
    keys = [str(key) for key in np.random.default_rng(0).permutation(list(SCENARIOS))] if keys is None else keys
    for key in keys:
        scenario(key)
    return Quiz(keys)


def in_order(asked: list[Question]) -> list[Question]:
    """The easy ones first, then in the order of the chapters that teach their causes."""

    def place(one: Question) -> tuple[Any, ...]:
        cause = SCENARIOS[one.key].cause
        chapter = CAUSES[cause].chapter if cause else "1.1"
        return LEVELS.index(one.level), [int(part) for part in chapter.split(".")], zlib.crc32(one.key.encode())

    return sorted(asked, key=place)


class Asking:
    """The live face: one question after another, and the score. A question is trained when it is asked."""

    def __init__(self, keys: list[str]) -> None:
        import ipywidgets as w

        self.keys, self.place, self.points, self.asked, self.left = keys, 0, 0, 0, POINTS
        self.one: Question | None = None
        self.symptom = w.Dropdown(options=[ALL, *SYMPTOMS], value=ALL, description="symptom")
        self.picture, self.log, self.told, self.score = w.HTML(), w.HTML(), w.HTML(), w.HTML()
        wide = w.Layout(width="auto")
        self.buttons = [w.Button(layout=wide) for _ in range(4)]
        self.tests = [w.Button(description="test it (−1)", layout=wide) for _ in range(4)]
        self.seen = [w.HTML() for _ in range(4)]
        self.next = w.Button(description="next run")
        for index in range(4):
            self.buttons[index].on_click(lambda _, index=index: self.choose(index))
            self.tests[index].on_click(lambda _, index=index: self.test(index))
        self.next.on_click(lambda _: self._ask(self.place + 1))
        self.symptom.observe(lambda _: self._ask(0), names="value")
        rows = [w.VBox([w.HBox(each[:2]), each[2]]) for each in zip(self.buttons, self.tests, self.seen, strict=True)]
        self.box = w.VBox([self.symptom, self.picture, self.log, *rows, self.told, w.HBox([self.next, self.score])])
        self._ask(0)

    def choose(self, index: int) -> None:
        """Answer with one of the choices."""
        if self.told.value or self.one is None:
            return  # answered already
        one, right = self.one, index == self.one.answer
        self.asked += 1
        self.points += max(self.left, 0) if right else 0
        told = "".join(f"<p>{html.escape(line)}</p>" for line in one.explained)
        self.told.value = f"<p><strong>{'Right.' if right else 'No.'}</strong></p>{told}"
        runs = "run" if self.asked == 1 else "runs"
        self.score.value = f"{self.points} of {POINTS * self.asked} points in {self.asked} {runs}"

    def test(self, index: int) -> None:
        """See what the decisive test of one suspect says; it costs a point until the answer is given."""
        if self.one is None or not self.one.tests[index] or self.seen[index].value:
            return
        self.left -= 1
        self.seen[index].value = f"<p>{html.escape(self.one.tests[index])}</p>"

    def _ask(self, place: int) -> None:
        keys = [key for key in self.keys if self.symptom.value in (ALL, SCENARIOS[key].symptom)]
        self.told.value = self.picture.value = self.log.value = ""
        self.place, self.left = place % max(len(keys), 1), POINTS
        self.one = question(keys[self.place]) if keys else None
        for button, test, seen in zip(self.buttons, self.tests, self.seen, strict=True):
            button.description, test.disabled, seen.value = "", True, ""
        if self.one is None:
            self.log.value = "<p>No run has this symptom. Choose another one.</p>"
            return
        self.picture.value = self.one.picture
        self.log.value = "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in self.one.readings) + "</ul>"
        for button, test, title, says in zip(self.buttons, self.tests, self.one.choices, self.one.tests, strict=True):
            button.description, test.disabled = title, not says
