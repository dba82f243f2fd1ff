"""The quiz: a curve, a few numbers from the log, and four suspects; the answer tells which test decides."""

from __future__ import annotations

import html
import json
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from lossbook.causes import CAUSES
from lossbook.causes.readings import FIRST, early_ratio
from lossbook.experiment import History
from lossbook.probes import Reading
from lossbook.scenarios import SCENARIOS, Scenario, scenario
from lossbook.widgets import trial
from lossbook.widgets.explorer import TwoFaces
from lossbook.widgets.offered import suspects
from lossbook.widgets.scenario_picture import drawn
from lossbook.widgets.sentences import the_change, verdict, what_is_wrong, what_the_curves_do


@dataclass(frozen=True)
class Question:
    """One question: a picture, and words."""

    key: str  #: of the scenario
    picture: str  #: SVG of the run
    readings: tuple[str, ...]  #: what a log of the run shows
    choices: tuple[str, ...]  #: titles of causes
    answer: int  #: which of the choices is right
    explained: tuple[str, ...]  #: the decisive test, what it saw, and the fix; or why nothing is wrong


def readings(history: History) -> tuple[str, ...]:
    """Three lines that a good log holds."""
    late = slice(len(history.loss) // 2, None)
    return (
        f"held-out loss at the end {history.val_loss[-1]:.3g}, metric {history.metric[-1]:.2f}",
        f"gradient norm: first step {history.grad_norm[0]:.2g}, median of the second half "
        f"{np.median(history.grad_norm[late]):.2g}",
        f"update ratio ‖Δθ‖ / ‖θ‖: largest of the first {FIRST} steps "
        f"{early_ratio(history.update_ratio):.1e}, median of the second half "
        f"{np.median(history.update_ratio[late]):.1e}",
    )


@cache
def question(key: str) -> Question:
    """The question of one scenario; the same at every build."""
    row = scenario(key)
    history, test = trial.broken(key)
    shown, _ = drawn(key, False)
    keys = suspects(row, np.random.default_rng(zlib.crc32(key.encode())))
    return Question(
        key=key,
        picture=str(shown.renamed(key, f"quiz-{key}")),
        readings=(what_the_curves_do(row, history), *readings(history)),
        choices=tuple("Nothing is wrong" if other is None else CAUSES[other].title for other in keys),
        answer=keys.index(row.cause),
        explained=explained(row, history, test),
    )


def explained(row: Scenario, history: History, test: Reading | None) -> tuple[str, ...]:
    """What it was, and how one knows."""
    if row.cause is None or test is None:
        judged = verdict(row, history)
        return what_is_wrong(row), f"{judged.sentence} Judged by {', '.join(judged.fields)}: {judged.reading}."
    return (
        f"It was: {what_is_wrong(row)}",
        f"Decisive test: {CAUSES[row.cause].test}",
        f"Here it saw: {test.sentence}.",
        f"The fix: {the_change(row)}",
    )


class Quiz(TwoFaces):
    """What :func:`guess_the_cause` gives."""

    title = "Guess the cause"

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys

    def static(self) -> str:
        """The element of the built page; ``book/_static/quiz.js`` defines it. Without it the first question stands."""
        asked = [question(key) for key in self.keys]
        data = [
            {"picture": one.picture, "readings": one.readings, "choices": one.choices, "answer": one.answer}
            | {"explained": one.explained}
            for one in asked
        ]
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
    """A quiz over broken runs and healthy look-alikes: read the curve and the log, choose, learn which test decides.

    Args:
        keys: of ``SCENARIOS``, in the order of the questions; by default all, shuffled once.

    Raises:
        ValueError: an unknown key.
    """
    keys = [str(key) for key in np.random.default_rng(0).permutation(list(SCENARIOS))] if keys is None else keys
    for key in keys:
        scenario(key)
    return Quiz(keys)


class Asking:
    """The live face: one question after another, and the score."""

    def __init__(self, keys: list[str]) -> None:
        import ipywidgets as w

        self.keys, self.place, self.right, self.asked = keys, 0, 0, 0
        self.picture, self.log, self.told, self.score = w.HTML(), w.HTML(), w.HTML(), w.HTML()
        self.buttons = [w.Button(layout=w.Layout(width="auto")) for _ in range(4)]
        self.next = w.Button(description="next question")
        for index, button in enumerate(self.buttons):
            button.on_click(lambda _, index=index: self.choose(index))
        self.next.on_click(lambda _: self._ask((self.place + 1) % len(self.keys)))
        self.box = w.VBox([self.picture, self.log, *self.buttons, self.told, w.HBox([self.next, self.score])])
        self._ask(0)

    def choose(self, index: int) -> None:
        """Answer with one of the choices."""
        if self.told.value:
            return  # answered already
        one = question(self.keys[self.place])
        self.asked += 1
        self.right += index == one.answer
        head = "Right." if index == one.answer else "No."
        self.told.value = f"<p><strong>{head}</strong></p>" + "".join(
            f"<p>{html.escape(line)}</p>" for line in one.explained
        )
        self.score.value = f"{self.right} of {self.asked} right"

    def _ask(self, place: int) -> None:
        self.place, one = place, question(self.keys[place])
        self.picture.value = one.picture
        self.log.value = "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in one.readings) + "</ul>"
        self.told.value = ""
        for button, title in zip(self.buttons, one.choices, strict=True):
            button.description = title
