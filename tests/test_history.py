"""A history is a value: equal to a repeated run's, to its copy and to its saved file, and shown in one line."""

from __future__ import annotations

import copy
import json
import math
import pickle
import tempfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossbook import Experiment, History, run, sweep
from lossbook.data import Digits, DigitValues
from lossbook.experiment import SERIES
from lossbook.losses import MSE, SoftmaxCrossEntropy
from lossbook.metrics import R2
from lossbook.models import MLP, NumPyMLP
from lossbook.optim import SGD

NAN, INF = math.nan, math.inf
SMALL = Experiment(
    Digits(train_size=200), MLP((784, 8, 10)), SoftmaxCrossEntropy(), SGD(lr=0.1), steps=6, eval_every=2, device="cpu"
)
DIVERGING = Experiment(
    DigitValues(train_size=200), MLP((784, 1)), MSE(), SGD(lr=10.0), metric=R2(), steps=60, device="cpu"
)
numbers = st.lists(st.floats() | st.integers(-(2**53), 2**53), max_size=4).map(tuple)


@st.composite
def histories(draw: Any) -> History:
    series = {name: draw(numbers) for name in SERIES}
    return History(**series, environment={"device": "cpu"}, interrupted=draw(st.booleans()))


def made(**changes: Any) -> History:
    series = {name: (1.0, 2.0) for name in SERIES}
    return History(**(series | {"environment": {}} | changes))


@pytest.mark.parametrize("model", [MLP((784, 1)), NumPyMLP((784, 1))], ids=["torch", "numpy"])
def test_a_diverging_run_is_equal_to_its_repetition_and_to_its_file(model: Any, tmp_path: Path) -> None:
    experiment = replace(DIVERGING, model=model)
    first, second = run(experiment), run(experiment)
    assert math.isnan(first.loss[-1])
    assert first == second == History.load(first.save(tmp_path / "run.json"))
    assert len({first, second}) == 1


def test_a_sweep_of_diverging_runs_is_equal_to_its_repetition() -> None:
    short = replace(DIVERGING, steps=40)
    assert sweep(short, "optimizer.lr", [1e-3, 10.0]) == sweep(short, "optimizer.lr", [1e-3, 10.0])


def test_other_numbers_are_another_history() -> None:
    history = run(SMALL)
    assert history != run(replace(SMALL, seed=1))
    assert history != run(replace(SMALL, steps=5))
    assert history != "a history"


@pytest.mark.parametrize("name", [item.name for item in fields(History)])
def test_what_was_computed_counts_and_where_and_when_does_not(name: str) -> None:
    other: dict[str, Any] = {"environment": {"device": "cuda"}, "interrupted": True, "batched": True}
    changed = replace(made(), **{name: other.get(name, (1.0, NAN))})
    assert (changed == made()) is (name in ("seconds", "environment", "batched"))
    assert changed == copy.deepcopy(changed)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ((NAN,), (-NAN,), True),
        ((NAN,), (0.0,), False),
        ((NAN,), (), False),
        ((NAN, 1.0), (1.0, NAN), False),
        ((INF,), (INF,), True),
        ((INF,), (-INF,), False),
        ((0.0,), (-0.0,), True),
        ((1,), (1.0,), True),
        ((np.float64(0.1),), (0.1,), True),
        ((np.float32(0.1),), (0.1,), False),
        ((1.0,), (math.nextafter(1.0, 2.0),), False),
    ],
)
def test_numbers_are_compared_exactly(one: Any, other: Any, equal: bool) -> None:
    a, b = made(loss=one), made(loss=other)
    assert (a == b) is equal
    assert (hash(a) == hash(b)) or not equal


@given(histories())
def test_every_history_is_equal_to_its_copies_and_to_its_file(history: History) -> None:
    with tempfile.TemporaryDirectory() as folder:
        loaded = History.load(history.save(Path(folder) / "run.json"))
    for again in (loaded, copy.copy(history), copy.deepcopy(history), pickle.loads(pickle.dumps(history))):
        assert again == history
        assert hash(again) == hash(history)


def test_it_is_shown_in_one_short_line() -> None:
    assert repr(made()) == "History(2 steps, loss 1 -> 2, val_loss 2, metric 2)"
    assert repr(made(interrupted=True)) == "History(2 steps, loss 1 -> 2, val_loss 2, metric 2, interrupted)"
    assert repr(made(loss=(2.3, NAN))) == "History(2 steps, loss 2.3 -> nan, val_loss 2, metric 2)"
    assert repr(made(**dict.fromkeys(SERIES, ()))) == "History(0 steps)"
    assert len(repr(made(**dict.fromkeys(SERIES, (1.23456789e-300,) * 2000)))) < 100
    assert repr([made()]) == f"[{made()!r}]"


def test_numbers_of_numpy_are_written_too(tmp_path: Path) -> None:
    history = made(loss=np.array([1.0, np.nan], "float32"), eval_step=(np.int64(0), np.int64(5)))
    loaded = History.load(history.save(tmp_path / "run.json"))
    assert loaded.eval_step == (0, 5)
    assert loaded.loss[0] == 1


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"loss": [1]}', '{"lass": []}', b"\xff\xfe", "[" * 100_000])
def test_a_file_that_is_no_history_is_refused(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ValueError, match=r"run\.json must be a History saved as JSON, with loss, lr"):
        History.load(path)


@pytest.mark.parametrize("loss", ["abc", ["abc"], [None], 3, [[1.0]], [True], {"a": 1}, None])
def test_a_file_whose_series_are_no_numbers_is_refused(tmp_path: Path, loss: Any) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(made().to_dict() | {"loss": loss}))
    with pytest.raises(ValueError, match=r"run\.json must be a History saved as JSON"):
        History.load(path)


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert made().save("~/run.json") == (tmp_path / "run.json").resolve()
    assert History.load("~/run.json") == made()


def test_a_file_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"^'.*run.json' cannot be written: there is no folder '.*none'.$"):
        made().save(tmp_path / "none" / "run.json")
    with pytest.raises(FileExistsError, match="cannot be written: it exists and is no file"):
        made().save(tmp_path)
