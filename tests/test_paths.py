"""Settings by dotted paths."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch

from lossbook import Experiment, data, losses, models
from lossbook.optim import SGD, Adam
from lossbook.paths import Difference, diff, replace_at, value_at
from lossbook.schedules import Cosine, Warmup

BASE = Experiment(data.Digits(), models.MLP(sizes=(784, 32, 10)), losses.SoftmaxCrossEntropy(), SGD(lr=0.1))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("steps", 125, 10),
        ("optimizer.lr", 0.1, 5.0),
        ("model.sizes.1", 32, 64),
        ("data.train_size", BASE.data.train_size, 200),
        ("loss.label_smoothing", 0.0, 0.1),
    ],
)
def test_one_replaced_leaf_is_one_difference(path: str, old: object, new: object) -> None:
    changed = replace_at(BASE, path, new)
    assert value_at(BASE, path) == old
    assert value_at(changed, path) == new
    assert diff(BASE, changed) == [Difference(path, old, new)]
    assert replace_at(changed, path, old) == BASE


def test_a_path_goes_through_a_schedule() -> None:
    plan = Warmup(steps=5, then=Cosine(lr=0.1, end=0.0, steps=50))
    changed = replace_at(replace(BASE, optimizer=Adam(lr=plan)), "optimizer.lr.then.steps", 70)
    assert changed.optimizer.lr.then.steps == 70
    assert changed.optimizer.lr.steps == 5


def test_objects_of_two_types_differ_as_wholes() -> None:
    (only,) = diff(BASE, replace(BASE, optimizer=Adam(lr=0.1)))
    assert (only.path, only.old, only.new) == ("optimizer", SGD(lr=0.1), Adam(lr=0.1))
    assert str(only).startswith("optimizer: SGD(lr=0.1")
    (longer,) = diff(BASE, replace_at(BASE, "model.sizes", (784, 32, 32, 10)))
    assert longer.path == "model.sizes"
    assert diff(BASE, BASE) == []
    assert str(*diff(1, 2)) == "the whole: 1 -> 2"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("optimiser.lr", r"got 'optimiser.lr': Experiment has no 'optimiser'; it has data, .*Did you mean 'optimizer'"),
        ("optimizer.rate", r"SGD has no 'rate'; it has lr, momentum, nesterov, weight_decay"),
        ("optimizer.lr.gamma", r"float has no 'gamma'; it has nothing inside"),
        ("model.sizes.7", r"tuple has no '7'; it has 0, 1, 2"),
        ("", "names joined by dots, as 'optimizer.lr', got ''"),
        ("optimizer..lr", "names joined by dots"),
        (3, "names joined by dots, as 'optimizer.lr', got 3"),
    ],
)
def test_a_path_that_leads_nowhere_says_what_there_is(path: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace_at(BASE, path, 1.0)


def test_a_value_that_the_object_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lr must lie in \[0, inf\), got -1.0"):
        replace_at(BASE, "optimizer.lr", -1.0)
    with pytest.raises(TypeError, match="steps must be a whole number, got 'ten'"):
        replace_at(BASE, "steps", "ten")


@dataclass(frozen=True)
class Holder:
    """A user's data object that holds any value."""

    inside: Any
    other: int = 0

    def load(self) -> Any:
        return data.Digits(train_size=20).load()


#: two of a kind, and a third one that differs
ALIKE: dict[str, tuple[Any, Any, Any]] = {
    "arrays": (np.arange(3.0), np.arange(3.0), np.ones(3)),
    "arrays of another shape": (np.zeros(2), np.zeros(2), np.zeros(3)),
    "arrays of another dtype": (np.zeros(2), np.zeros(2), np.zeros(2, "float32")),
    "arrays with nan": (np.array([np.nan]), np.array([np.nan]), np.array([0.0])),
    "tensors": (torch.arange(3), torch.arange(3), torch.ones(3)),
    "nan": (math.nan, float("nan"), 0.0),
    "lists": ([np.zeros(2)], [np.zeros(2)], [np.ones(2)]),
    "dicts": ({"a": np.zeros(2)}, {"a": np.zeros(2)}, {"a": np.ones(2)}),
    "array and number": (np.zeros(1), np.zeros(1), 0.0),
    "array and none": (np.zeros(2), np.zeros(2), None),
}


@pytest.mark.parametrize(("one", "twin", "other"), ALIKE.values(), ids=ALIKE.keys())
def test_what_an_experiment_holds_is_compared_by_its_numbers(one: Any, twin: Any, other: Any) -> None:
    first, second, third = (replace(BASE, data=Holder(value)) for value in (one, twin, other))
    assert diff(first, second) == []
    assert first == second != third
    assert hash(first) == hash(second)
    assert [change.path for change in diff(first, third)] == ["data.inside"]
    assert "\n" not in str(diff(first, third)[0])
    assert diff(first, third) == diff(second, third)
    assert replace_at(first, "data.other", 1).data.inside is one


def test_tuples_keep_their_numbers_apart() -> None:
    first, second = (replace(BASE, data=Holder((np.zeros(2), value))) for value in (np.zeros(2), np.ones(2)))
    (only,) = diff(first, second)
    assert (only.path, str(only)) == ("data.inside.1", "data.inside.1: array([0., 0.]) -> array([1., 1.])")


def test_a_named_tuple_stays_one() -> None:
    split = data.Split(1, 2, 3, 4)  # type: ignore[arg-type]
    assert replace_at(Holder(split), "inside.1", 5).inside == data.Split(1, 5, 3, 4)  # type: ignore[arg-type]
    assert type(replace_at(Holder(split), "inside.1", 5).inside) is data.Split


def test_long_values_are_cut_in_a_difference() -> None:
    text = str(Difference("data", np.arange(500.0), [*range(500)]))
    assert "\n" not in text
    assert len(text) < 260
