"""What is to be mended first, as a function of findings that are made up."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossbook.causes import CAUSES
from lossbook.diagnosis.fixes import LINES
from lossbook.diagnosis.ranking import EXPLAINS, ranked
from lossbook.diagnosis.suspicion import (
    FACTS,
    FOLLOWS,
    GRADES,
    KINDS,
    STATISTICS,
    Suspicion,
    confidences,
    gain,
    kind_of,
)
from lossbook.probes import PROBES, Reading, Trial

FOUND = Reading("found", "it is there")


def trial(as_is: float, mended: float) -> Trial:
    return Trial("a line was changed", (2.0, *(as_is,) * 30), (2.0, *(mended,) * 30))


HELPS, DOES_NOT, HELPS_A_LITTLE = trial(2.0, 0.1), trial(0.5, 1.0), trial(1.0, 0.8)


def one(cause: str, kind: str = "fact", tried: Trial | None = HELPS, *, in_loop: bool = False) -> Suspicion:
    return Suspicion(cause, kind, FOUND, tried, in_loop=in_loop)


def order(*suspicions: Suspicion, also: tuple[tuple[str, str], ...] = (), loop_first: bool = False) -> list[str]:
    return [
        place.suspicion.cause + (f" < {place.follows}" if place.follows else "")
        for place in ranked(suspicions, also, loop_first=loop_first)
    ]


def test_facts_stand_before_trials_and_trials_before_statistics() -> None:
    assert order(one("a", "statistic"), one("b", "trial"), one("c", tried=None)) == ["c", "b", "a"]


def test_of_one_kind_the_larger_gain_stands_first() -> None:
    given = one("a", tried=HELPS_A_LITTLE), one("b", tried=None), one("c", tried=HELPS)
    assert order(*given) == ["c", "a", "b"]


def test_a_cause_stands_before_what_follows_from_it_whatever_speaks_for_both() -> None:
    also = (("lr", "dead"), ("scale", "lr"))
    given = one("dead"), one("lr", "trial", HELPS_A_LITTLE), one("scale", "statistic", HELPS_A_LITTLE)
    assert order(*given, also=also) == ["scale", "dead < scale", "lr < scale"]
    assert order(*given[:2], also=also) == ["lr", "dead < lr"]
    assert order(*given[:1], also=also) == ["dead"]


def test_of_two_that_lead_to_each_other_the_surer_is_the_cause() -> None:
    assert order(one("a", "trial"), one("b"), also=(("a", "b"), ("b", "a"))) == ["b", "a < b"]


def test_where_the_loop_is_at_fault_its_lines_stand_first() -> None:
    given = one("a"), one("b", "trial", HELPS_A_LITTLE, in_loop=True)
    assert order(*given) == ["a", "b"]
    assert order(*given, loop_first=True) == ["b", "a"]


NAMES = "abcdef"


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(list(KINDS))), unique_by=lambda pair: pair[0]),
    st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])),
)
def test_each_stands_once_and_behind_what_it_follows_from(
    pairs: list[tuple[str, str]], also: set[tuple[str, str]]
) -> None:
    places = ranked([one(*pair) for pair in pairs], also)
    assert sorted(place.suspicion.cause for place in places) == sorted(cause for cause, _ in pairs)
    assert not pairs or places[0].follows is None
    roots = [place.suspicion.cause for place in places if place.follows is None]
    for number, place in enumerate(places):
        if place.follows is not None:
            assert place.follows in roots
            assert places[number - 1].suspicion.cause == place.follows or places[number - 1].follows == place.follows


def test_the_table_of_the_package_makes_no_cause_follow_from_itself() -> None:
    everything = [Suspicion(cause, kind_of(cause), FOUND, HELPS) for cause in CAUSES]
    places = ranked(everything)
    assert len(places) == len(CAUSES)
    assert {place.follows for place in places if place.follows} <= {cause for cause, _ in EXPLAINS}


# how sure


@pytest.mark.parametrize(("tried", "accuses"), [(None, False), (DOES_NOT, False), (HELPS, True)])
def test_a_statistic_accuses_only_if_its_mend_helps(tried: Trial | None, accuses: bool) -> None:
    assert one("dead-relu", "statistic", tried).accuses is accuses


def test_a_trial_that_does_not_help_is_no_finding_and_a_fact_stands() -> None:
    assert not one("lr-too-high", "trial", DOES_NOT).accuses
    assert one("missing-zero-grad", "fact", DOES_NOT).accuses


def test_every_grade_that_accuses_has_its_share_and_no_other_one() -> None:
    suspicions = [replace(one("a"), kind=kind, trial=tried) for kind in KINDS for tried in (None, HELPS, DOES_NOT)]
    assert {each.grade for each in suspicions if each.accuses} | {FOLLOWS} == set(GRADES) == set(confidences())
    assert all(0 < share < 1 for share in confidences().values())


@pytest.mark.parametrize(
    ("as_is", "mended", "expected"),
    [(2.0, 0.5, 1.0), (1.0, 0.5, 1 / 3), (0.5, 1.0, 0.0), (math.inf, 0.5, 1.0), (2.0, math.nan, 0.0), (8.0, 0.0, 1.0)],
)
def test_the_gain_is_a_share_of_what_can_be_won_back(as_is: float, mended: float, expected: float) -> None:
    assert gain(trial(as_is, mended)) == pytest.approx(expected)


def test_every_cause_has_a_kind_of_evidence_and_a_line_that_mends_it() -> None:
    """A test that trains nothing is a fact, or it can be confirmed by a mend."""
    assert set(CAUSES) <= set(LINES)
    assert not FACTS & STATISTICS
    for cause in CAUSES:
        assert kind_of(cause) != "statistic" or PROBES[cause].mend is not None, cause
        assert "\n" not in LINES[cause]


def test_what_is_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind must be one of 'fact', 'trial', 'statistic', got 'guess'"):
        one("a", "guess")
