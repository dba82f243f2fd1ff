"""The judge of bare numbers, on made-up curves with the noise of single batches, in many lengths."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from curve_files import LOGS
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from lossbook import Curve, symptom
from lossbook.constants import CLASSES
from lossbook.recorded.judging import LEAST_POINTS
from lossbook.recorded.reading import read_stream
from lossbook.symptoms import LEAST_LOOKS, NO_SYMPTOM, SYMPTOMS

LN10 = math.log(10)
LENGTHS = (60, 100, 1000, 20_000)

#: code -> curves that show it: of the share of the run that is done, in [0, 1), and of unit noise
SHOWN: dict[str, dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "high-flat": {
        "at ln 10": lambda t, noise: LN10 + 0.05 * noise,
        "flat and very noisy": lambda t, noise: 2.5 * np.exp(0.2 * noise),
        "down to ln 10": lambda t, noise: LN10 + 5.7 * np.exp(-40 * t) + 0.01 * noise,
    },
    "healthy": {
        "falls": lambda t, noise: 2.3 * np.exp(-6 * t) * np.exp(0.1 * noise),
        "falls with heavy noise": lambda t, noise: (2.3 * np.exp(-6 * t) + 0.05) * np.exp(0.3 * noise),
        "falls ever more slowly": lambda t, noise: 2.3 / (1 + 20 * t) * np.exp(0.1 * noise),
        "a language model": lambda t, noise: 10.8 - 7.3 * (1 - np.exp(-8 * t)) - 0.3 * t + 0.05 * noise,
        "in a higher unit": lambda t, noise: 1e6 * np.exp(-6 * t) * np.exp(0.1 * noise),
    },
    "plateau": {"stops": lambda t, noise: 1.75 + 0.55 * np.exp(-20 * t) + 0.005 * noise},
    "slow": {
        "creeps": lambda t, noise: 2.3 - 0.1 * t + 0.0 * noise,
        "half of the way": lambda t, noise: 2.3 - 0.9 * t + 0.01 * noise,
    },
    "diverging": {
        "grows": lambda t, noise: 2.3 * np.exp(4 * t) * np.exp(0.1 * noise),
        "falls and rises": lambda t, noise: np.where(t < 0.25, 2.3 - 7 * t, 0.55 + 2.2 * (t - 0.25)) + 0.02 * noise,
        "explodes at its second step": lambda t, noise: np.where(t == 0, 2.3, 9000 * np.exp(-4 * t)),
    },
    "oscillating": {
        "to and fro": lambda t, noise: 2.3 + 0.6 * (-1.0) ** np.arange(len(t)) + 0.02 * noise,
        "in waves": lambda t, noise: 2.3 + 0.9 * np.sin(2 * np.pi * min(len(t) / 6, 9) * t) + 0.1 * noise,
    },
    "spiking": {
        "and recovers": lambda t, noise: (
            0.3 + 2.3 * np.exp(-5 * t) + 0.01 * noise + 3 * np.isin(np.arange(len(t)), _places(len(t)))
        ),
    },
}


def _places(count: int) -> list[int]:
    """Two points after each of three places."""
    return [int(share * count) + more for share in (0.4, 0.6, 0.8) for more in (0, 1)]


@pytest.mark.parametrize("count", LENGTHS)
@pytest.mark.parametrize(("code", "name"), [(code, name) for code, curves in SHOWN.items() for name in curves])
def test_a_curve_is_called_what_it_is_at_any_length(code: str, name: str, count: int) -> None:
    found = []
    for seed in range(5):
        noise = np.random.default_rng(seed).normal(size=count)
        loss = SHOWN[code][name](np.arange(count) / count, noise)
        found.append(symptom(loss).code)
    assert found == [code] * 5


@pytest.mark.parametrize("count", [30, 100, 1000])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.2])
def test_a_flat_run_is_never_called_oscillating_for_its_noise(count: int, share: float) -> None:
    flat = [np.random.default_rng(seed).normal(2.5, share * 2.5, count) for seed in range(50)]
    assert {symptom(loss).code for loss in flat} == {"high-flat"}


def test_a_high_first_loss_does_not_stretch_the_range() -> None:
    flat = np.full(200, 2.3)
    flat[0] = 300.0
    assert symptom(flat).code == "high-flat"


def test_who_began_at_chance_is_no_run_that_came_down_to_the_chance_of_fewer_classes() -> None:
    steps = np.arange(200)
    assert symptom(math.log(5) + (LN10 - math.log(5)) * np.exp(-steps / 10)).code == "plateau"
    assert symptom(math.log(5) + (8 - math.log(5)) * np.exp(-steps / 10)).code == "high-flat"


@pytest.mark.parametrize(
    ("losses", "code"),
    [
        ([], "too-short"),
        ([2.3], "too-short"),
        ([2.3, 0.1], "too-short"),
        ([1.0] * 3, "too-short"),
        ([2.3, 1.9, 1.8, 1.75, 1.7], "too-short"),
        ([2.3, 1.2, 0.7, 0.4], "healthy"),
        ([2.303, 2.302, 2.303, 2.302, 2.303], "high-flat"),
        ([2.3, 4.0, 30.0, 500.0], "diverging"),
        ([2.3, 1.5, 1.1, 0.9, 0.7, 0.6, 0.5, 0.45, 0.4, 0.38], "healthy"),
        ([2.1, 0.9, 2.0, 0.8, 2.2, 0.9, 2.1, 0.8, 2.0, 0.9], "oscillating"),
        ([math.nan], "non-finite"),
        ([2.3, math.nan], "non-finite"),
    ],
)
def test_of_few_points_only_what_is_clear_is_said(losses: list[float], code: str) -> None:
    assert symptom(losses).code == code


def test_a_curve_that_is_too_short_says_how_many_points_it_takes() -> None:
    verdict = symptom([2.3, 2.2])
    assert verdict.sentence == NO_SYMPTOM["too-short"]
    assert verdict.reading == f"2 points, and a judgement takes {LEAST_POINTS}, mostly {LEAST_LOOKS}"
    assert str(verdict).startswith("too-short: ")


def test_where_a_loss_ceased_to_be_finite_is_told() -> None:
    loss = np.ones(20)
    loss[7:] = np.nan
    assert symptom(loss).reading == "not a finite number from step 8 on"
    loss[9:] = 1.0
    assert symptom(loss).reading == "not finite at 2 of 20 points, first at step 8"
    assert symptom(np.ones(20), [1.0, np.inf]).fields == ("val_loss",)


FALL = 2.3 * np.exp(-np.arange(200) / 40)


def test_held_out_losses_that_turn_or_never_follow_are_overfitting() -> None:
    turned = np.concatenate([np.linspace(2.3, 0.8, 5), np.linspace(0.9, 1.6, 5)])
    assert symptom(FALL, turned).code == "overfitting"
    assert symptom(FALL, turned, np.linspace(0.1, 0.9, 10)).code == "healthy"  # the score still rises
    assert symptom(FALL, np.linspace(2.3, 2.2, 10)).code == "overfitting"
    assert symptom([1.0, 0.6, 0.3, 0.1, 0.05], [0.9, 0.8, 0.9, 1.2, 1.5]).code == "overfitting"


def test_held_out_losses_that_were_low_at_their_first_look_or_count_otherwise_are_no_symptom() -> None:
    assert symptom(FALL, [0.35, 0.32, 0.3, 0.3]).code == "healthy"
    assert symptom(FALL, 300 * FALL[::20]).code == "healthy"


def test_what_ends_at_0_is_too_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SYMPTOMS, "too-good", "The loss is lower than it can honestly be.")
    falls = 2.3 * np.exp(-np.arange(200) / 5.0)
    assert symptom(falls, falls[::20]).code == "too-good"
    assert symptom(falls).code == "healthy"  # the training loss alone can be learned by heart
    assert symptom(np.where(np.arange(200) < 20, 1.0, 0.0)).code == "too-good"  # but not to exactly 0


@pytest.mark.parametrize("given", ["list", "tuple", "array", "tensor", "float16", "scalars", "dict", "curve", "path"])
def test_losses_may_come_in_any_form(given: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("".join(f"step {i} loss {loss:.5f}\n" for i, loss in enumerate(FALL)))
    forms: dict[str, Any] = {
        "list": FALL.tolist(),
        "tuple": tuple(FALL.tolist()),
        "array": FALL.astype(np.float32),
        "tensor": torch.tensor(FALL, requires_grad=True),
        "float16": torch.tensor(FALL).bfloat16(),
        "scalars": [torch.tensor(loss, requires_grad=True) for loss in FALL],
        "dict": {"loss": FALL.tolist(), "val_loss": FALL[::20].tolist()},
        "curve": Curve(np.arange(200), FALL),
        "path": tmp_path / "log",
    }
    assert symptom(forms[given]).code == "healthy"


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        (["a", "b"], "train_losses must be a row of numbers, got"),
        (3.0, r"train_losses must be a row of numbers, \(N,\), got an array of shape \(\)."),
        (np.ones((3, 2)), r"train_losses must be a row of numbers, \(N,\), got an array of shape \(3, 2\)."),
        (np.ones(3, complex), "train_losses must be a row of numbers"),
        ({"accuracy": [1.0]}, "train_losses must hold one of loss, train_loss, training_loss, got accuracy."),
        ("no such file", "'no such file' cannot be read: No such file or directory."),
    ],
)
def test_what_is_no_row_of_numbers_is_refused(losses: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        symptom(losses)


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="metric must be as long as val_losses, 3, got 2."):
        symptom(FALL, [1.0, 0.9, 0.8], [0.5, 0.6])
    with pytest.raises(ValueError, match="step and loss must have one length, got 2 and 3."):
        Curve([1, 2], [1.0, 2.0, 3.0])  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.lists(st.floats(-1e300, 1e300), max_size=60), st.lists(st.floats(-1e6, 1e6), max_size=20))
@example([1.2e-301, 0.0, 0.0, 1.8e8], [])  # a start of which the last loss is more than a float holds
def test_any_numbers_get_a_verdict_with_sensible_words(losses: list[float], val: list[float]) -> None:
    verdict = symptom(losses, val)
    assert verdict.code in SYMPTOMS | NO_SYMPTOM
    assert not {"nan", "inf", "nan%", "inf%"} & set(verdict.reading.replace(";", " ").split())


@pytest.mark.parametrize("code", SHOWN)
@settings(deadline=None)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 20))
def test_a_verdict_is_the_same_in_any_unit(code: str, scale: float, seed: int) -> None:
    name = list(SHOWN[code])[-1]
    if code == "high-flat":
        name = "flat and very noisy"  # ln 10 in another unit is no chance
    noise = np.random.default_rng(seed).normal(size=100)
    loss = SHOWN[code][name](np.arange(100) / 100, noise)
    assume(np.abs(scale * loss[-25:].mean() / np.log(CLASSES) - 1).min() > 0.05)  # where it ends, an answer by chance
    assert symptom(scale * loss).code == symptom(loss).code


def test_losses_below_zero_are_judged_as_others() -> None:
    steps = np.arange(100)
    assert symptom(-3.0 + 2.0 * np.exp(-steps / 8)).code == "healthy"
    assert symptom(np.full(100, -1.0)).code == "high-flat"
    assert symptom(np.linspace(-1.0, 60.0, 100)).code == "diverging"


def test_a_log_of_each_program_is_judged_alike() -> None:
    """All of them hold the same losses: a fall to a tenth."""
    for name, log in LOGS.items():
        if name != "events cut off":
            assert symptom(read_stream(io.BytesIO(log.content), name)).code == "healthy", name
