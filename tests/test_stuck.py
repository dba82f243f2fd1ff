"""The symptom beside what mended copies reach."""

import numpy as np
import pytest

import lossbook
from lossbook.diagnosis.curve import symptom_in
from lossbook.diagnosis.stuck import beside_the_mend
from lossbook.evidence import Log, Series
from lossbook.probes import Trial

STEPS = np.arange(300)
CREEPS = tuple(1.6 + 0.7 * np.exp(-STEPS / 120))  # ends at 1.7, still falling
STOPS = tuple(0.9 + 1.4 * np.exp(-STEPS / 20))  # ends at 0.9, above what can be reached
FALLS = tuple(0.05 + 2.25 * np.exp(-STEPS / 40))


def log(losses: tuple[float, ...]) -> Log:
    return Log(loss=Series(tuple(range(len(losses))), losses))


def trial(losses: tuple[float, ...], reached: float, unit: float = 1.0) -> Trial:
    as_is = tuple(unit * each for each in losses[:60])
    mended = tuple(unit * (reached + (losses[0] - reached) * np.exp(-np.arange(60) / 8)))
    return Trial("one thing was changed", as_is, mended)


@pytest.mark.parametrize(("losses", "code"), [(CREEPS, "slow"), (STOPS, "plateau")])
def test_a_loss_that_mended_copies_leave_far_behind_is_stuck(losses: tuple[float, ...], code: str) -> None:
    alone = symptom_in(log(losses))
    assert alone.code == "healthy"
    beside = beside_the_mend(alone, log(losses), [None, trial(losses, 0.1)])
    assert beside.code == code
    assert "mended copies reach 0.1" in beside.reading


def test_a_loss_that_ends_as_low_as_mended_copies_stays_healthy() -> None:
    alone = symptom_in(log(FALLS))
    assert beside_the_mend(alone, log(FALLS), [trial(FALLS, 0.04)]) == alone
    assert beside_the_mend(alone, log(FALLS), []) == alone


def test_a_loss_that_came_late_to_where_mended_copies_were_soon_is_slow() -> None:
    late = tuple(0.2 + 2.1 * np.exp(-STEPS / 90))  # ends at 0.28
    assert (alone := symptom_in(log(late))).code == "healthy"
    assert beside_the_mend(alone, log(late), [trial(late, 0.15)]).code == "slow"
    assert beside_the_mend(alone, log(late), [trial(late, 0.28)]) == alone


def test_a_loss_that_falls_by_decades_and_ends_many_times_as_high_as_mended_copies_is_a_plateau() -> None:
    falls = tuple(8.0 + 2e6 * np.exp(-STEPS / 4))
    assert (alone := symptom_in(log(falls))).code == "healthy"
    for unit, reached, code in ((2.0, 0.1, "plateau"), (2.0, 4.0, "healthy"), (50.0, 0.1, "healthy")):
        copies = Trial("one thing was changed", tuple(unit * each for each in falls[:60]), (reached,) * 60)
        assert beside_the_mend(alone, log(falls), [copies]).code == code


def test_a_loss_that_stays_above_what_mended_copies_reached_in_a_third_of_its_steps_is_a_plateau() -> None:
    stays = tuple(0.3 + 2.0 * np.exp(-STEPS / 15))
    assert (alone := symptom_in(log(stays))).code == "healthy"
    assert beside_the_mend(alone, log(stays), [trial(stays, 0.18)]).code == "plateau"
    assert beside_the_mend(alone, log(stays[:100]), [trial(stays, 0.18)]) == alone


def test_in_a_trial_as_long_as_the_training_copies_as_they_are_must_end_far_above_the_mended_ones_as_well() -> None:
    """Copies see fewer examples than the training did, and have learned them by heart in the end."""
    stays = tuple(0.5 + 1.8 * np.exp(-STEPS / 30))
    assert (alone := symptom_in(log(stays))).code == "healthy"
    by_heart = tuple(0.1 + 2.2 * np.exp(-STEPS / 60))
    for as_is, code in ((stays, "plateau"), (by_heart, "healthy")):
        copies = Trial("one thing was changed", as_is, tuple(0.1 + 2.2 * np.exp(-STEPS / 30)))
        assert beside_the_mend(alone, log(stays), [copies]).code == code


def test_copies_whose_loss_has_another_unit_say_nothing() -> None:
    alone = symptom_in(log(STOPS))
    assert beside_the_mend(alone, log(STOPS), [trial(STOPS, 0.1, unit=50.0), trial(STOPS, 0.1, unit=0.01)]) == alone


def test_another_verdict_of_the_curve_stands() -> None:
    flat = tuple(2.3 + 0.001 * np.sin(STEPS))
    alone = symptom_in(log(flat))
    assert alone.code != "healthy"
    assert beside_the_mend(alone, log(flat), [trial(flat, 0.1)]) == alone


def test_a_loss_below_zero_that_falls_ever_faster_is_too_good() -> None:
    growing, bounded = -0.5 * np.exp(STEPS / 40), -0.2 - 0.3 / (1 + np.exp((150 - STEPS) / 20))
    assert lossbook.symptom(growing).code == "too-good"
    assert lossbook.symptom(3 - 40 * (1 - np.exp(-STEPS / 60))).code == "healthy"  # a likelihood that settles below 0
    assert lossbook.symptom(bounded).code != "too-good"
