"""The judge of curves, on made ones; ``test_scenarios.py`` has the real ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lossbook import History
from lossbook.symptoms import SYMPTOMS, Verdict, symptom_of


def made(reference: np.ndarray, *, loss: np.ndarray | None = None, val: np.ndarray | None = None) -> History:
    """A history whose looks are as given; what is not given follows the reference loss."""
    looks = len(reference)
    loss = np.repeat(reference, 10)[:-10] if loss is None else loss
    ones, steps = (1.0,) * len(loss), tuple(range(0, 10 * looks, 10))
    val = reference if val is None else val
    metric = (0.5,) * looks
    return History(tuple(loss), ones, ones, ones, ones, steps, tuple(reference), tuple(val), metric, {})


FALL = 2.3 * np.exp(-np.arange(21) / 4)


def test_a_floor_is_no_plateau_if_it_is_known() -> None:
    level = made(1.5 + 0.8 * np.exp(-np.arange(21) / 3))
    assert symptom_of(level).code == "plateau"
    assert symptom_of(level, floor=1.45).code == "healthy"


def test_spikes_that_recover() -> None:
    spiked = np.repeat(FALL, 10)[:-10]
    spiked[[60, 100, 101, 150]] += 3.0
    verdict = symptom_of(made(FALL, loss=spiked))
    assert verdict.code == "spiking"
    assert verdict.reading.startswith("3 spikes")  # two steps side by side are one
    assert symptom_of(made(FALL)).code == "healthy"


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


def test_nan_is_named_with_its_step() -> None:
    loss = np.ones(200)
    loss[37] = np.nan
    verdict = symptom_of(made(FALL, loss=loss))
    assert (verdict.code, verdict.reading) == ("non-finite", "not a finite number from step 37 on")
    assert str(verdict).startswith("non-finite: The loss became NaN or infinite. (loss, reference_loss:")


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 looks at reference_loss, got 4. .* smaller eval_every"):
        symptom_of(made(FALL[:4]))
    with pytest.raises(ValueError, match="chance must lie above floor, got chance 1.0 and floor 2.0"):
        symptom_of(made(FALL), chance=1.0, floor=2.0)
    with pytest.raises(TypeError, match="floor must be a Python number, got '0'"):
        symptom_of(made(FALL), floor="0")  # type: ignore[arg-type]


def test_every_code_has_a_sentence() -> None:
    for code, sentence in SYMPTOMS.items():
        assert Verdict(code, (), "").sentence == sentence
        assert sentence.endswith(".")
