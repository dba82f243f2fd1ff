"""What a scenario's run does, and what is wrong with it, in sentences: for readers who do not see the picture."""

from __future__ import annotations

import numpy as np

from lossbook import curves
from lossbook.causes import CAUSES
from lossbook.experiment import History
from lossbook.paths import diff
from lossbook.scenarios import Scenario
from lossbook.symptoms import Verdict, symptom_of
from lossbook.widgets.knob_table import brief
from lossbook.widgets.words import course, number

PARTS = 10  # of a run, whose mean batch losses are told


def verdict(row: Scenario, history: History) -> Verdict:
    """The symptom of a run of this scenario."""
    return symptom_of(history, chance=row.chance, floor=row.floor)


def what_the_curves_do(row: Scenario, history: History) -> str:
    """The course of each curve that matters, without a verdict."""
    told = [f"the reference loss {course(history.reference_loss)}"]
    if (lost := curves.lost(history, "reference_loss")) is not None:
        told = [f"the reference loss starts at {number(history.reference_loss[0])}, and the loss is {lost.words}"]
    elif verdict(row, history).code == "spiking":
        told[0] += ", with sudden spikes of the batch loss"
    if row.symptom == "overfitting":
        told.append(f"the held-out loss {course(history.val_loss)}")
    told.append(f"the {curves.axis_label([history], 'metric')} {course(np.round(history.metric, 2))}")
    if measured_apart(history):
        means = [float(part.mean()) for part in np.array_split(np.array(history.loss), PARTS)]
        told.append(f"the loss of the batches, by which the run is trained, {course(means)}")
    return f"In {len(history.loss)} steps {'; '.join(told)}."


def what_the_curves_do_and_the_verdict(row: Scenario, history: History) -> str:
    """The same, and which symptom that is."""
    code = verdict(row, history).code
    chance = f", for a model that knows nothing stands at {number(row.chance)}" if code == "high-flat" else ""
    return f"{what_the_curves_do(row, history)} Verdict: {code}{chance}."


def what_is_wrong(row: Scenario) -> str:
    """The cause and the title of the scenario: what the reader must not see before the guess."""
    return f"{'Nothing is wrong' if row.cause is None else CAUSES[row.cause].title}. {row.title}"


def the_change(row: Scenario) -> str:
    """The one setting that mends it.

    >>> from lossbook.scenarios import SCENARIOS
    >>> the_change(SCENARIOS["lr-too-high-oscillates"])
    'optimizer.lr: 1 → 0.05'
    """
    return "; ".join(f"{one.path}: {brief(one.old)} → {brief(one.new)}" for one in diff(row.broken, row.fixed))


def measured_apart(history: History) -> bool:
    """Whether the loss of the batches and the reference loss are so different that one axis can hardly show both."""
    batch, reference = np.array(history.loss), np.array(history.reference_loss)
    if not (np.isfinite(batch).all() and np.isfinite(reference).all()):
        return False
    return bool(batch.min() < 0 <= reference.min() or curves.DECADES * np.abs(batch).max() < np.abs(reference).max())
