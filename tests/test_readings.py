"""READINGS: the limits hold on a seed that neither set them nor counted their errors."""

from __future__ import annotations

import importlib.util

import pytest
from conftest import ROOT

from lossbook.causes import CAUSES, READINGS
from lossbook.causes.readings import WORDS, start_over_chance

_spec = importlib.util.spec_from_file_location("measure_readings", ROOT / "tools" / "measure_readings.py")
assert _spec is not None
assert _spec.loader is not None
measure_readings = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(measure_readings)

SEED = 20


def test_each_reading_has_limits_and_was_counted() -> None:
    assert set(READINGS) == set(WORDS)
    for row in READINGS.values():
        assert row.low < row.high
        assert row.healthy.runs >= 300
        assert row.healthy.share < 0.05 < 2 * row.broken.share
        assert {*row.causes_below, *row.causes_above} <= set(CAUSES)
    assert SEED not in {*measure_readings.TUNED, *measure_readings.REPORTED}
    assert not {*measure_readings.TUNED} & {*measure_readings.REPORTED}


def test_on_another_seed_they_are_wrong_as_rarely() -> None:
    """With a margin of 4 in 100 healthy runs, and of 10 in 100 broken ones."""
    runs = list(measure_readings.measured([SEED]))
    for key, row in READINGS.items():
        healthy = [run.values[key] for run in runs if run.cause is None and key in run.values]
        broken = [run.values[key] for run in runs if run.cause and key in run.values]
        beyond = [sum(row.side(value) != "between" for value in values) / len(values) for values in (healthy, broken)]
        assert beyond[0] < row.healthy.share + 0.04
        assert beyond[1] > row.broken.share - 0.1
    ratio = READINGS["update ratio"]
    for cause, side in (("lr-too-low", "below"), ("lr-too-high", "above")):
        assert {ratio.side(run.values["update ratio"]) for run in runs if run.cause == cause} == {side}


def test_of_a_loss_below_zero_there_is_no_ratio_to_chance() -> None:
    with pytest.raises(ValueError, match=r"chance must be above 0, got -1\.5\."):
        start_over_chance(2.0, -1.5)
