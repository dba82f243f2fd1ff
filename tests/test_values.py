"""When two values are the same: numbers exactly, NaN as NaN, arrays and modules by their content."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lossbook.values import Value, hash_of, same, shown

NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Holder:
    inside: Any
    aside: int = field(default=0, compare=False)


@dataclass(frozen=True, eq=False)
class Part(Value):
    inside: Any


def net(seed: int = 0, p: float = 0.5) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(p), nn.Linear(4, 2))


@pytest.fixture(autouse=True)
def random_state() -> Any:
    with torch.random.fork_rng(devices=[]):
        yield


#: rows of values that are the same within a row, and different between the rows
ROWS: dict[str, list[Any]] = {
    "zero": [0.0, -0.0, 0, np.float32(0), np.int64(0)],
    "one": [1, 1.0, np.float64(1)],
    "nan": [NAN, -NAN, np.float64("nan"), np.float32("nan")],
    "inf": [INF, np.float64("inf")],
    "-inf": [-INF],
    "word": ["a", "".join(["a"])],
    "none": [None],
    "tuple": [(1.0, NAN), (1, float("nan"))],
    "list": [[1.0, NAN], [1.0, float("nan")]],
    "longer": [(1.0, NAN, 2.0)],
    "dict": [{"a": NAN, "b": 1}, {"b": 1, "a": NAN}],
    "dict of other keys": [{"a": NAN, "c": 1}],
    "float64": [np.array([1.0, NAN]), np.array([1.0, NAN, 5.0])[:2], np.array([NAN, 1.0])[::-1]],
    "float32": [np.array([1.0, NAN], np.float32)],
    "integers": [np.array([1, 2]), np.array([2, 1])[::-1]],
    "row": [np.array([[1.0, NAN]])],
    "one number": [np.array([1.0])],
    "tensor": [torch.tensor([1.0, NAN]), torch.tensor([1.0, NAN, 3.0])[:2]],
    "trained tensor": [torch.tensor([1.0, NAN], requires_grad=True)],
    "strings": [np.array(["a", "b"])],
    "net": [net(), net(), copy.deepcopy(net())],
    "net of another seed": [net(1)],
    "net of another dropout": [net(p=0.25)],
    "frozen net": [net().requires_grad_(False)],
    "net in eval mode": [net().eval()],
    "other class": [nn.Linear(3, 4)],
    "holder": [Holder(np.array([1.0, NAN])), Holder(np.array([1.0, NAN]), aside=1)],
    "part": [Part(np.array([1.0, NAN])), Part(np.array([1.0, NAN]))],
    "nested": [Holder((Part(net()), {"x": [NAN]})), Holder((Part(net()), {"x": [NAN]}))],
}


@pytest.mark.parametrize("one", ROWS)
def test_values_are_the_same_within_a_row_and_different_between_rows(one: str) -> None:
    for a in ROWS[one]:
        for other, row in ROWS.items():
            for b in row:
                assert same(a, b) is (one == other), (a, b)
                assert hash_of(a) == hash_of(b) or one != other


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_copy_is_the_same(row: list[Any]) -> None:
    for value in row:
        for again in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
            assert same(value, again)
            assert hash_of(value) == hash_of(again)


@given(st.lists(st.floats(), max_size=5))
def test_sameness_of_numbers_is_what_they_are_exactly(numbers: list[float]) -> None:
    assert same(tuple(numbers), tuple(numbers[:]))
    moved = tuple(math.nextafter(number, INF) for number in numbers)
    if any(-INF < number < INF for number in numbers):
        assert not same(tuple(numbers), moved)


def test_a_value_is_equal_to_what_has_the_same_parts() -> None:
    one, two = Part([np.arange(3), NAN]), Part([np.arange(3), NAN])
    assert one == two
    assert hash(one) == hash(two)
    assert len({one, two}) == 1
    assert one != Part([np.arange(3), 0.0])
    assert one != [np.arange(3), NAN]


def test_what_holds_itself_is_compared_to_the_end() -> None:
    one, two = net(), net()
    for each in (one, two):
        each.me = [each]  # a module that keeps a reference to itself
    assert same(one, two)
    two[0].bias.data += 1
    assert not same(one, two)


def test_what_cannot_be_compared_is_different_and_raises_nothing() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError("no")

        __hash__ = None  # type: ignore[assignment]

    odd = Odd()
    assert same(odd, odd)
    assert not same(odd, Odd())
    assert isinstance(hash_of(odd), int)
    assert not same(torch.ones(2, device="meta"), torch.ones(2, device="meta"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"),
        ("a\nb", "'a\\nb'"),
        (np.zeros((2, 2)), "array([[0., 0.], [0., 0.]])"),
        (list(range(1000)), f"{str(list(range(1000)))[:77]}..."),
    ],
)
def test_a_value_is_shown_in_one_line(value: Any, text: str) -> None:
    assert shown(value) == text
    assert "\n" not in shown(net())
    assert len(shown(net())) == 80


def test_an_object_without_a_text_is_shown_all_the_same() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    assert "Broken object at" in shown(Broken(), 200)
