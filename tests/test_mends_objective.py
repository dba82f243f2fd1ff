"""Mends of causes in the loss: the training ends lower, and with no other learning rate."""

from __future__ import annotations

import pytest
from conftest import each
from foreign_objective import FOREIGN
from mends import assert_the_mend_helps, scenarios_of

from lossbook.probes import PROBES
from lossbook.probes.objective import NO_MEND, ROWS
from lossbook.scenarios import Scenario
from lossbook.scenarios.case import case_of

#: where another learning rate does nearly as well at first: it makes up for a faint gradient, or puts the NaN off
STEPS = {"softmax-before-cross-entropy": 200, "probabilities-into-nll": 200, "log-of-zero": 120}
RATE_TOO = {"sum-reduction-oscillates"}  # a sum is a learning rate too high, and a tenth of it is another mend


@pytest.mark.parametrize("cause", FOREIGN)
def test_the_mend_helps_a_program_of_another_kind(cause: str) -> None:
    case = FOREIGN[cause](0)
    assert PROBES[cause](case).found
    assert_the_mend_helps(PROBES[cause], case)


@each(scenarios_of(FOREIGN))
def test_the_mend_helps_its_scenario(row: Scenario) -> None:
    assert row.cause is not None
    case = case_of(row.experiment("broken", 50, "cpu"))
    scales = (10.0,) if row.key in RATE_TOO else (0.1, 10.0)
    assert_the_mend_helps(PROBES[row.cause], case, steps=STEPS.get(row.cause, 60), scales=scales)


def test_each_cause_has_a_mend_or_a_reason_why_not() -> None:
    assert set(FOREIGN) == {key for key, row in ROWS.items() if row.mend} == set(ROWS) - set(NO_MEND)
