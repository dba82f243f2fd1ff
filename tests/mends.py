"""What a mend must do to a training."""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from lossbook.evidence import Case
from lossbook.evidence.replay import train
from lossbook.probes import Probe, helps, trial_of
from lossbook.probes.trials import LAST, STEPS, end
from lossbook.scenarios import SCENARIOS, Scenario


def scenarios_of(causes: Container[str]) -> list[Scenario]:
    return [row for row in SCENARIOS.values() if row.cause in causes]


def assert_the_mend_helps(
    probe: Probe, case: Case, *, steps: int = STEPS, scales: tuple[float, ...] = (0.1, 10.0)
) -> None:
    """The mended training ends lower than as it is, and than with other learning rates in the mend's place."""
    assert probe.mend is not None
    mend = probe.mend(case)
    assert mend is not None
    trial = trial_of(case, mend, steps=steps)
    assert helps(trial), trial
    least = end(trial.mended) + 3 * float(np.std(trial.mended[-LAST:])) / LAST**0.5
    for scale in scales:
        _, losses = train(case, case.start, steps, lr_scale=scale, measure=mend.case.loss_of)
        assert least < end(losses), (
            f"{scale} times the learning rate: {end(losses):.3g}, mended {end(trial.mended):.3g}"
        )
