"""What must hold of a mend, on any program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lossbook.evidence import Case
from lossbook.evidence.replay import train
from lossbook.probes import PROBES, helps, trial_of
from lossbook.probes.trials import STEPS, end

#: what people try in the place of a mend
CONTROLS: dict[str, dict[str, Any]] = {
    "a tenth of the learning rate": {"lr_scale": 0.1},
    "ten times the learning rate": {"lr_scale": 10.0},
    "another seed": {"seed": 7},
}


def mended_ends(cause: str, case: Case) -> dict[str, float]:
    """The loss at the end, mended, as it is, and after each control; all measured by the mended training's loss.

    The mend helps, and lets the loss end lower than what else people try.
    """
    make = PROBES[cause].mend
    mend = None if make is None else make(case)
    assert mend is not None, cause
    trial = trial_of(case, mend)
    ends = {"mended": end(trial.mended), "as it is": end(trial.as_is)}
    for name, knobs in CONTROLS.items():
        ends[name] = end(train(case, case.start, STEPS, measure=mend.case.loss_of, **knobs)[1])
    assert helps(trial), ends
    assert min(ends, key=lambda name: ends[name]) == "mended", ends
    return ends


def says_nothing_without(case: Case, cause: str) -> bool:
    """Whether a test that finds this cause tells nothing of a case in which nothing but the models was seen."""
    bare = replace(case, batches=(), held_out=None, loss=None, loss_of=None)
    return PROBES[cause](bare).outcome in ("does not apply", "cannot tell")
