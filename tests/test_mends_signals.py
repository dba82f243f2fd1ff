"""Mends of causes in the signals through the model: the training ends lower, and with no other learning rate."""

from __future__ import annotations

import pytest
from conftest import each
from foreign_signals import FOREIGN
from mends import assert_the_mend_helps, scenarios_of

from lossbook.probes import PROBES
from lossbook.probes.signals import ROWS
from lossbook.scenarios import Scenario
from lossbook.scenarios.case import case_of

RATE_TOO = {"exploding-gradients"}  # of which a lower learning rate is another mend


@pytest.mark.parametrize("cause", FOREIGN)
def test_the_mend_helps_a_program_of_another_kind(cause: str) -> None:
    case = FOREIGN[cause](0)
    assert PROBES[cause](case).found
    assert_the_mend_helps(PROBES[cause], case, scales=(10.0,) if cause in RATE_TOO else (0.1, 10.0))


@each(scenarios_of(FOREIGN))
def test_the_mend_helps_its_scenario(row: Scenario) -> None:
    assert row.cause is not None
    assert_the_mend_helps(PROBES[row.cause], case_of(row.experiment("broken", 50, "cpu")))


def test_each_cause_has_a_mend() -> None:
    assert set(FOREIGN) == {key for key, row in ROWS.items() if row.mend} == set(ROWS)
