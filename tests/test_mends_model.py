"""Mends of causes in the model's structure: the training ends lower, and with no other learning rate."""

from __future__ import annotations

import pytest
from conftest import each
from foreign_model import FOREIGN
from mends import assert_the_mend_helps, scenarios_of

from lossbook.probes import PROBES
from lossbook.probes.model import NO_MEND, ROWS
from lossbook.scenarios import Scenario
from lossbook.scenarios.case import case_of


@pytest.mark.parametrize("cause", FOREIGN)
def test_the_mend_helps_a_program_of_another_kind(cause: str) -> None:
    case = FOREIGN[cause](0)
    assert PROBES[cause](case).found
    assert_the_mend_helps(PROBES[cause], case)


@each(scenarios_of(FOREIGN))
def test_the_mend_helps_its_scenario(row: Scenario) -> None:
    assert row.cause is not None
    assert_the_mend_helps(PROBES[row.cause], case_of(row.experiment("broken", 50, "cpu")))


def test_each_cause_has_a_mend_or_a_reason_why_not() -> None:
    assert set(FOREIGN) == {key for key, row in ROWS.items() if row.mend} == set(ROWS) - set(NO_MEND)
