"""The judge of curves, on artificial curves; ``test_scenarios.py`` has the real ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossbook import Experiment, History, run
from lossbook.data import Digits
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP
from lossbook.optim import SGD
from lossbook.symptoms import SYMPTOMS, Verdict, symptom_of


def made(reference: np.ndarray, *, loss: np.ndarray | None = None, val: np.ndarray | None = None) -> History:
    """A history with the given looks; fields that are not given follow the reference loss."""
    looks = len(reference)
    loss = np.repeat(reference, 10)[:-10] if loss is None else loss
    ones, steps = (1.0,) * len(loss), tuple(range(0, 10 * looks, 10))
    val = reference if val is None else val
    metric = (0.5,) * looks
    return History(tuple(loss), ones, ones, ones, ones, steps, tuple(reference), tuple(val), metric, {})


FALL = 2.3 * np.exp(-np.arange(21) / 4)


def test_a_plateau_is_what_stops_far_above_a_known_floor() -> None:
    level = made(1.5 + 0.8 * np.exp(-np.arange(21) / 3))
    assert symptom_of(level, floor=0.0).code == "plateau"
    assert symptom_of(level, floor=1.45).code == "healthy"
    unknown = symptom_of(level)
    assert unknown.code == "healthy"
    assert unknown.reading.endswith("a curve cannot say whether it could fall further")


def test_a_run_that_comes_down_to_chance_has_learned_nothing() -> None:
    down = made(np.log(10) + (8.0 - np.log(10)) * np.exp(-np.arange(41) / 2))
    assert symptom_of(down).code == "high-flat"  # ln 10 is known by itself
    between = made(2.45 + (8.0 - 2.45) * np.exp(-np.arange(41) / 2))
    assert symptom_of(between).code == "healthy"
    assert symptom_of(replace(between, chance=2.45)).code == "high-flat"  # as a run notes it from its targets
    assert symptom_of(replace(between, chance=2.45), chance=8.0).code == "healthy"  # an argument has priority


def test_a_run_computes_chance_from_its_targets() -> None:
    experiment = Experiment(Digits(train_size=200), MLP((784, 10)), SoftmaxCrossEntropy(), SGD(), steps=1, device="cpu")
    _, counts = np.unique(Digits(train_size=200).load().train_y, return_counts=True)
    share = counts / counts.sum()
    assert run(experiment).chance == pytest.approx(-(share * np.log(share)).sum(), rel=1e-6)
    assert run(replace(experiment, loss=SoftmaxCrossEntropy(label_smoothing=0.1))).chance == pytest.approx(np.log(10))


def test_spikes_that_recover() -> None:
    spiked = np.repeat(FALL, 10)[:-10]
    spiked[[60, 100, 101, 150]] += 3.0
    verdict = symptom_of(made(FALL, loss=spiked))
    assert verdict.code == "spiking"
    assert verdict.reading.startswith("3 spikes")  # two steps side by side are one
    assert symptom_of(made(FALL)).code == "healthy"


def test_what_ends_at_the_floor_on_held_out_data_too_is_too_good() -> None:
    fall = 2.3 * np.exp(-np.arange(41) / 2.0)  # 2e-7 of its start at the beginning of the last quarter
    verdict = symptom_of(made(fall))
    assert verdict.code == "too-good"
    assert verdict.fields == ("reference_loss", "val_loss")
    assert symptom_of(made(fall + 1.2), floor=1.2).code == "too-good"
    assert symptom_of(made(fall + 1.2)).code == "healthy"  # as far as is known, the floor is 0
    assert symptom_of(made(fall, val=np.maximum(fall, 6e-4 * 2.3))).code == "healthy"  # as far as a healthy run comes
    assert symptom_of(made(np.maximum(fall, 6e-4 * 2.3))).code == "healthy"
    assert symptom_of(made(fall, val=np.array([]))).code == "healthy"  # learnt by heart, perhaps
    assert symptom_of(made(fall - 5.0)).code == "healthy"  # a likelihood, whose lowest value nobody knows


def test_a_loss_of_exactly_0_is_too_good() -> None:
    zero = np.zeros(21)
    for floor in (None, 0.0):
        assert symptom_of(made(zero), floor=floor).code == "too-good"
        assert symptom_of(made(np.concatenate([FALL, zero])), floor=floor).code == "too-good"
    assert symptom_of(made(np.concatenate([FALL, zero]), val=np.concatenate([FALL, FALL]))).code != "too-good"
    assert symptom_of(made(np.full(21, 1e-9))).code == "high-flat"  # small, in a small unit


def test_held_out_data_that_never_follow() -> None:
    verdict = symptom_of(made(FALL, val=np.linspace(2.3, 2.2, 21)))
    assert verdict.code == "overfitting"
    assert verdict.fields == ("reference_loss", "val_loss", "metric")


def test_a_rising_loss_is_forgiven_while_the_metric_rises() -> None:
    val = np.concatenate([np.linspace(2.3, 0.6, 11), np.linspace(0.62, 0.9, 10)])
    risen = made(FALL, val=val)
    assert symptom_of(risen).code == "overfitting"
    assert symptom_of(replace(risen, metric=tuple(np.linspace(0.1, 0.9, 21)))).code == "healthy"


def test_a_fine_tune_is_measured_from_where_it_began() -> None:
    fine = made(0.1 * FALL)
    assert symptom_of(fine, chance=np.log(10).item()).code == "healthy"
    assert symptom_of(made(np.full(21, 2.3)), chance=np.log(10).item()).code == "high-flat"


NUMBERS = st.floats(-1e3, 1e3)
KINDS = {
    "falls": FALL,
    "flat": np.full(21, 2.3),
    "stops": 1.5 + 0.8 * np.exp(-np.arange(21) / 3),
    "creeps": np.linspace(2.3, 2.2, 21),
    "swings": 2.3 + 0.6 * (-1.0) ** np.arange(21),
    "grows": np.geomspace(2.3, 100.0, 21),
}


@pytest.mark.parametrize("kind", KINDS)
@given(shift=NUMBERS, scale=st.floats(1e-3, 1e3), noise=st.integers(0, 9), floor=st.sampled_from((0.0, 0.4)))
def test_a_verdict_is_the_same_in_any_unit_and_from_any_zero(
    kind: str, shift: float, scale: float, noise: int, floor: float
) -> None:
    reference = KINDS[kind] + np.random.default_rng(noise).normal(0.0, 0.01, 21)
    loss = np.repeat(reference, 10)[:-10]
    loss[[60, 100, 150][: noise % 4]] += 4.0
    val = reference + np.linspace(0.0, 0.5 * (noise % 3), 21)
    here = symptom_of(made(reference, loss=loss, val=val), chance=2.3, floor=floor)
    reference, loss, val = (scale * (curve + shift) for curve in (reference, loss, val))
    there = made(reference, loss=loss, val=val)
    assert symptom_of(there, chance=scale * (2.3 + shift), floor=scale * (floor + shift)).code == here.code


@pytest.mark.parametrize("kind", ["falls", "flat", "stops", "swings"])
@pytest.mark.parametrize("floor", [None, 0.0, 0.4])
@given(data=st.data(), before=st.lists(st.floats(0.5, 4.0), min_size=24, max_size=24), quarters=st.integers(1, 12))
def test_looks_that_go_on_as_the_last_quarter_did_change_no_verdict(
    kind: str, floor: float | None, data: st.DataObject, before: list[float], quarters: int
) -> None:
    level = {"falls": 0.2, "flat": 2.3, "stops": 1.5, "swings": 2.3}[kind]
    swing = 0.6 if kind == "swings" else data.draw(st.floats(0.0, 0.02))
    last = level + swing * (-1.0) ** np.arange(8)  # whatever came before, the last quarter has this pattern
    looks = np.array([2.3, *before[1:], *last])
    longer = np.concatenate([looks, np.tile(last, quarters)])
    assert symptom_of(made(longer), floor=floor).code == symptom_of(made(looks), floor=floor).code


@pytest.mark.parametrize("field", ["loss", "reference_loss", "val_loss"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", [0, 7, -1])
def test_one_loss_that_is_not_finite_decides(field: str, value: float, where: int) -> None:
    history = made(FALL)
    numbers = list(getattr(history, field))
    numbers[where] = value
    verdict = symptom_of(replace(history, **{field: tuple(numbers)}), chance=2.3, floor=0.0)
    assert (verdict.code, verdict.fields) == ("non-finite", (field,))


@pytest.mark.parametrize("field", ["metric", "grad_norm", "update_ratio", "lr", "seconds"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_no_other_number_that_is_not_finite_changes_a_verdict(field: str, value: float) -> None:
    for curve in KINDS.values():
        history = made(curve)
        spoilt = replace(history, **{field: (value,) * len(getattr(history, field))})
        assert symptom_of(spoilt, floor=0.0).code == symptom_of(history, floor=0.0).code
        assert "nan" not in symptom_of(spoilt, floor=0.0).reading


def test_losses_below_zero_are_judged_as_others() -> None:
    steps = np.arange(41)
    assert symptom_of(made(np.full(21, -1.0))).code == "high-flat"
    assert symptom_of(made(-3.0 + 2.0 * np.exp(-steps / 8))).code == "healthy"
    assert symptom_of(made(-1.0 - 0.06 * steps)).code in ("healthy", "slow")
    assert symptom_of(made(np.linspace(-3.0, -1.0, 21))).code == "high-flat"
    assert symptom_of(made(np.linspace(-1.0, 30.0, 21))).code == "diverging"
    assert symptom_of(made(-1.0 + 0.9 * (-1.0) ** steps)).code == "oscillating"
    falls = -3.0 + 2.0 * np.exp(-steps / 8)
    turned = np.where(steps < 20, falls, falls[20] + 0.1 * (steps - 20))
    assert symptom_of(made(falls, val=turned)).code == "overfitting"


def test_spikes_are_measured_in_the_range_whatever_the_floor() -> None:
    loss = np.repeat(1.0 + 1.3 * np.exp(-np.arange(41) / 4), 10)[:-10]
    loss[[150, 220, 330]] += 2.2  # 1.7 ranges of 1.3
    reference = 1.0 + 1.3 * np.exp(-np.arange(41) / 4)
    assert symptom_of(made(reference, loss=loss), floor=1.0).code == "spiking"
    assert symptom_of(made(reference - 1.0, loss=loss - 1.0), floor=0.0).code == "spiking"


def test_a_run_without_held_out_data_is_judged_by_the_rest() -> None:
    bare = replace(made(FALL), val_loss=(), metric=())
    assert symptom_of(bare).code == "healthy"


def test_nan_is_named_with_its_step() -> None:
    loss = np.ones(200)
    loss[37] = np.nan
    verdict = symptom_of(made(FALL, loss=loss))
    assert (verdict.code, verdict.reading) == ("non-finite", "not a finite number from step 37 on")
    assert str(verdict).startswith("non-finite: The loss became NaN or infinite. (loss: not")


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 looks at reference_loss, got 4. .* smaller eval_every"):
        symptom_of(made(FALL[:4]))
    with pytest.raises(ValueError, match="chance must lie above floor, got chance 1.0 and floor 2.0"):
        symptom_of(made(FALL), chance=1.0, floor=2.0)
    with pytest.raises(ValueError, match="floor must lie below the first reference_loss, 2.3, got 2.5"):
        symptom_of(made(FALL), floor=2.5)
    with pytest.raises(ValueError, match="chance must lie in .-inf, inf., got nan"):
        symptom_of(made(FALL), chance=float("nan"))
    with pytest.raises(TypeError, match="floor must be a Python number, got '0'"):
        symptom_of(made(FALL), floor="0")  # type: ignore[arg-type]


@pytest.mark.parametrize("other", [[2.3, 2.2], np.ones(20), {"loss": [1.0]}, "run.json", None])
def test_what_is_no_history_is_named(other: Any) -> None:
    with pytest.raises(TypeError, match=r"history must have loss, .*, as what lossbook.run\(\) gives, got"):
        symptom_of(other)


def test_every_code_has_a_sentence() -> None:
    for code, sentence in SYMPTOMS.items():
        assert Verdict(code, (), "").sentence == sentence
        assert sentence.endswith(".")
