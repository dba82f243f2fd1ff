"""The causes of ``probes/data.py`` on programs that are no scenarios, and their mends on both."""

from __future__ import annotations

from functools import cache

import pytest
from conftest import each
from foreign_data import FOREIGN, HEALTHY
from mending import mended_ends, says_nothing_without

from lossbook.evidence import Case
from lossbook.probes import PROBES
from lossbook.probes.data import LIMITS, NO_MEND, ROWS
from lossbook.scenarios import SCENARIOS, Scenario
from lossbook.scenarios.case import case_of

MENDED = [cause for cause in ROWS if cause not in NO_MEND]


@cache
def program(cause: str) -> Case:
    return FOREIGN[cause](0)


@pytest.mark.parametrize("cause", ROWS)
def test_the_cause_is_found_in_a_program_of_another_kind_and_not_in_the_same_without_it(cause: str) -> None:
    broken, healthy = PROBES[cause](program(cause)), PROBES[cause](HEALTHY[cause](0))
    assert broken.found, broken
    assert healthy.outcome == "not found", healthy


@pytest.mark.parametrize("cause", MENDED)
def test_a_mend_helps_a_program_of_another_kind(cause: str) -> None:
    mended_ends(cause, program(cause))


@each(row for row in SCENARIOS.values() if row.cause in MENDED)
def test_a_mend_helps_the_scenarios_of_its_cause(row: Scenario) -> None:
    assert row.cause is not None
    mended_ends(row.cause, case_of(row.experiment("broken", 50, "cpu")))


@pytest.mark.parametrize("cause", ROWS)
def test_a_cause_has_a_mend_or_a_reason_why_not(cause: str) -> None:
    assert (PROBES[cause].mend is None) == (cause in NO_MEND)
    assert not NO_MEND.get(cause, "").endswith(".")


@pytest.mark.parametrize("cause", ROWS)
def test_without_batches_nothing_is_found(cause: str) -> None:
    assert says_nothing_without(program(cause), cause)


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_stands_between_two_runs(name: str) -> None:
    value, (healthy, most), (broken, least) = LIMITS[name]
    assert min(most, least) < value < max(most, least)
    assert SCENARIOS[broken].cause in ROWS
    assert healthy == "all" or healthy in SCENARIOS
