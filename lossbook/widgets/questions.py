"""One question of the quiz: a run's curve and log, four suspects with their decisive tests, and the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from lossbook.causes import CAUSES
from lossbook.causes.readings import FIRST, READINGS, early_ratio, values_of
from lossbook.experiment import History
from lossbook.probes import Reading
from lossbook.scenarios import Scenario, scenario
from lossbook.widgets import trial
from lossbook.widgets.case_links import address_of_case
from lossbook.widgets.offered import suspects_of
from lossbook.widgets.scenario_picture import drawn
from lossbook.widgets.sentences import the_change, verdict, what_is_wrong, what_the_curves_do

#: how much the log alone tells of the cause. Easy: a number lies beyond its limit, as it did in each run of this cause
#: by which the limits were checked; middle: one does, or the loss is not finite; hard: none does
LEVELS = ("easy", "middle", "hard")


@dataclass(frozen=True)
class Question:
    """One question: a picture, and words."""

    key: str  #: of the scenario
    level: str  #: one of ``LEVELS``
    symptom: str  #: a key of ``SYMPTOMS``
    picture: str  #: SVG of the run
    readings: tuple[str, ...]  #: what a log of the run shows
    choices: tuple[str, ...]  #: titles of causes
    tests: tuple[str, ...]  #: what the decisive test of each choice sees; "" where there is none
    answer: int  #: which of the choices is right
    explained: tuple[str, ...]  #: the decisive test, what it saw, and the fix; or why nothing is wrong
    case: str  #: the address of its case file


def log_of(history: History) -> tuple[str, ...]:
    """Three lines that a good log holds."""
    late = slice(len(history.loss) // 2, None)
    return (
        f"held-out loss at the end {history.val_loss[-1]:.3g}, {history.environment['metric']} "
        f"{history.metric[-1]:.2f}",
        f"gradient norm: first step {history.grad_norm[0]:.2g}, median of the second half "
        f"{np.median(history.grad_norm[late]):.2g}",
        f"update ratio ‖Δθ‖ / ‖θ‖: largest of the first {FIRST} steps "
        f"{early_ratio(history.update_ratio):.1e}, median of the second half "
        f"{np.median(history.update_ratio[late]):.1e}",
    )


def level(row: Scenario, history: History) -> str:
    """How much the log tells: one of ``LEVELS``."""
    sides = {name: READINGS[name].side(value) for name, value in values_of(history).items()}
    decisive = {"below": lambda limits: limits.causes_below, "above": lambda limits: limits.causes_above}
    beyond = {name: side for name, side in sides.items() if side != "between"}
    if any(row.cause in decisive[side](READINGS[name]) for name, side in beyond.items()):
        return "easy"
    return "middle" if beyond or not all(map(math.isfinite, history.reference_loss)) else "hard"


@cache
def question(key: str) -> Question:
    """The question of one scenario; the same at every build."""
    row = scenario(key)
    history, readings = trial.suspected(key)
    shown, _ = drawn(key, False)
    offered = suspects_of(row)
    return Question(
        key=key,
        level=level(row, history),
        symptom=row.symptom,
        picture=str(shown.renamed(key, f"quiz-{key}")),
        readings=(what_the_curves_do(row, history), *log_of(history)),
        choices=tuple("Nothing is wrong" if other is None else CAUSES[other].title for other in offered),
        tests=tuple("" if other is None else str(readings[other]) for other in offered),
        answer=offered.index(row.cause),
        explained=explained(row, history, readings.get(row.cause or "")),
        case=address_of_case(row),
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
