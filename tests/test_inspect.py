"""Every check: its numbers by hand, its result for the digits, and which corruptions it notices."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
import torch

from lossbook.data import Digits, Split, inspect
from lossbook.data.corruptions import CORRUPTIONS, ShuffledLabels
from lossbook.data.inspect import (
    CHECKS,
    class_balance,
    constant_features,
    duplicates,
    feature_ranges,
    label_order,
    label_range,
    leakage,
    non_finite,
)

NAN, INF = np.nan, np.inf

#: corruption -> the checks that must notice it; the others must not
NOTICED = {
    "label noise": set(),  # the shares hardly change: only training shows it
    "shuffled labels": set(),
    "label offset": {"label range"},
    "missing values": {"non-finite"},
    "NaNs": {"non-finite"},
    "unscaled features": {"feature ranges"},
    "shifted features": {"feature ranges"},
    "imbalance": {"class balance"},
    "duplicates": {"duplicates"},
    "sorted": {"label order"},
}  # type: dict[str, set[str]]


@pytest.fixture(scope="module")
def digits() -> Split:
    return Digits(train_size=2000).load()


def test_ten_thousand_digits_have_nothing_wrong() -> None:
    split = Digits().load()
    findings = {name: check(split) for name, check in CHECKS.items()}
    assert all(finding.ok for finding in findings.values()), findings
    balance: Any = findings["class balance"]
    assert sum(count for _, count in balance.counts) == 8000
    assert balance.majority_share == pytest.approx(0.112, abs=1e-3)
    assert balance.entropy == pytest.approx(np.log(10), abs=5e-3)
    constant: Any = findings["constant features"]
    assert 0 in constant.columns  # a corner pixel is always black
    assert constant.features == 784


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_of_the_digits_is_noticed_by_its_check_alone(name: str, digits: Split) -> None:
    x, y = CORRUPTIONS[name].apply(digits.train_x, digits.train_y)
    split = digits._replace(train_x=x, train_y=y)
    assert {check for check in CHECKS if not CHECKS[check](split).ok} == NOTICED[name]


def test_every_check_but_two_has_a_corruption() -> None:
    assert set(NOTICED) == set(CORRUPTIONS)
    assert set(CHECKS) - set().union(*NOTICED.values()) == {"leakage", "constant features"}


def test_digits_copied_before_the_split_leak(digits: Split) -> None:
    x, y = CORRUPTIONS["duplicates"].apply(digits.train_x, digits.train_y)
    finding = CHECKS["leakage"](Split(x[:2000], y[:2000], x[2000:], y[2000:]))
    assert not finding.ok
    assert finding.sentence == "Held-out examples that were trained on: 1000 of 1000."


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_a_finding_is_a_value_the_same_for_torch_and_the_data_stay(
    check: Callable[[Split], Any], digits: Split
) -> None:
    split = Split(*(array[:200] for array in digits[:4]))
    kept = [array.copy() for array in split[:4]]
    finding = check(split)
    assert finding == check(Split(*(torch.tensor(array) for array in split[:4])))  # type: ignore[arg-type]
    assert eval(repr(finding), vars(inspect)) == finding == pickle.loads(pickle.dumps(finding))
    assert hash(finding) == hash(replace(finding))
    assert type(finding.ok) is bool
    with pytest.raises(FrozenInstanceError):
        finding.ok = not finding.ok
    for before, after in zip(kept, split[:4], strict=True):
        np.testing.assert_array_equal(before, after)


def test_class_balance_by_hand() -> None:
    finding = class_balance(np.array([7, 2, 7, 7]))
    assert finding.counts == ((2, 1), (7, 3))
    assert finding.entropy == pytest.approx(-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)), rel=1e-14)
    assert finding.majority_share == 0.75
    assert finding.ok
    assert not class_balance(np.array([7, 2, 7, 7]), at_most=2.9).ok
    assert class_balance(np.array([1, 1])).entropy == 0


def test_labels_by_hand() -> None:
    assert label_range(np.array([0, 2, 1])).ok
    gap = label_range(np.array([0, 3]))
    assert (gap.ok, gap.low, gap.high, gap.classes) == (False, 0, 3, 2)
    assert label_range(np.array([0, 3]), classes=4).ok
    assert not label_range(np.array([0, 4]), classes=4).ok
    assert not label_range(np.array([-1, 0])).ok
    order = label_order(np.array([0, 0, 0, 1, 1, 1]))
    assert (order.ok, order.same, order.expected) == (False, 0.8, 0.5)
    assert label_order(np.array([0, 1, 0, 1])).ok
    assert label_order(np.array([3])).ok


def test_a_shuffle_mends_the_order(digits: Split) -> None:
    x, y = CORRUPTIONS["sorted"].apply(digits.train_x, digits.train_y)
    finding = label_order(y)
    assert finding.same == pytest.approx(1, abs=0.005)
    assert finding.expected == pytest.approx(0.1, abs=0.005)
    assert label_order(ShuffledLabels().apply(x, y)[1]).ok


def test_inputs_by_hand() -> None:
    x = np.array([[1.0, 2.0], [3.0, NAN], [INF, -INF]])
    finding = non_finite(x)
    assert (finding.ok, finding.nan, finding.infinite, finding.first) == (False, 1, 2, (1, 1))
    assert non_finite(np.array([[1, 2]])).first is None
    twice = duplicates(np.array([[1, 2], [3, 4], [1, 2], [1, 2]]))
    assert (twice.ok, twice.count, twice.first) == (False, 2, (0, 2))
    leak = leakage(np.array([[1, 2], [3, 4]]), np.array([[5, 6], [3, 4], [4, 3]]))
    assert (leak.ok, leak.count, leak.first) == (False, 1, (1, 1))
    assert leakage(np.array([[1, 2]]), np.array([[2, 1]])).ok
    still = constant_features(np.array([[[1.0, 2.0], [0.0, 5.0]], [[1.0, 3.0], [0.0, 5.0]]]))
    assert (still.ok, still.columns, still.features) == (True, (0, 2, 3), 4)
    assert not constant_features(np.ones((3, 2))).ok


def test_ranges_by_hand() -> None:
    x = np.array([[0.0, 10.0, 5.0, -3.0], [2.0, 50.0, 5.0, -9.0]])  # deviations 1, 20, 0, 3
    finding = feature_ranges(x)
    assert (finding.low, finding.high) == (-9.0, 50.0)
    assert finding.mean == pytest.approx(x.mean())
    assert finding.std == pytest.approx(x.std())
    assert finding.ratio == pytest.approx(20 / 3)
    with_holes = feature_ranges(np.array([[1.0, NAN], [3.0, 5.0], [INF, 7.0]]))
    assert (with_holes.low, with_holes.high, with_holes.mean, with_holes.ratio) == (1.0, 7.0, 4.0, 1.0)
    assert feature_ranges(np.ones((2, 2))).ratio == 1.0


@pytest.mark.parametrize(
    ("scale", "shift", "ok"),
    [(1.0, 0.0, True), (9.0, 0.0, True), (11.0, 0.0, False), (0.09, 0.0, False), (1.0, 9.0, True), (1.0, 11.0, False)],
)
def test_inputs_of_size_one_about_zero_are_ok(scale: float, shift: float, ok: bool) -> None:
    assert feature_ranges(np.array([[-1.0], [1.0]]) * scale + shift).ok is ok


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: class_balance(np.ones(3)), "y must have an integer dtype, got float64"),
        (lambda: label_order(np.ones((3, 1), dtype=int)), r"y must hold one label per example, .* got shape \(3, 1\)"),
        (lambda: label_range(np.ones(0, dtype=int)), r"y must hold at least one element, got shape \(0,\)"),
        (lambda: label_range(np.ones(2, dtype=int), classes=0), "classes must be at least 1, got 0"),
        (lambda: class_balance(np.ones(2, dtype=int), at_most=0.5), r"at_most must lie in \[1, inf\), got 0.5"),
        (lambda: feature_ranges(np.ones((2, 2)), at_most=0.5), r"at_most must lie in \[1, inf\), got 0.5"),
        (lambda: feature_ranges(np.full((2, 2), NAN)), r"x must hold a finite number, got none in shape \(2, 2\)"),
        (lambda: duplicates([[1, 2]]), "x must be a NumPy array or a torch tensor, got list"),
        (lambda: constant_features(np.ones((0, 2))), r"x must hold at least one element, got shape \(0, 2\)"),
        (lambda: leakage(np.ones((2, 2)), np.ones((2, 2), dtype=int)),
         r"one shape and dtype, got float64 \(2, 2\) and int64 \(2, 2\)"),
        (lambda: non_finite(np.array([["a"]])), "x must hold numbers, got dtype <U1"),
        (lambda: duplicates(np.array([[None]])), "x must hold numbers, got dtype object"),
        (lambda: feature_ranges(np.ones((2, 2)) + 1j), "x must hold numbers, got dtype complex128"),
        (lambda: constant_features(np.array(3.0)), "x must have a first axis with one entry per example"),
        (lambda: leakage(np.ones((2, 2)), np.ones((2, 3))), r"got float64 \(2, 2\) and float64 \(2, 3\)"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("check", [non_finite, duplicates, constant_features, feature_ranges])
def test_tensors_of_every_precision_are_looked_at_even_where_they_are_trained(check: Any, dtype: torch.dtype) -> None:
    x = torch.tensor([[1.0, 2.0], [1.0, 3.0], [1.0, 2.0]])
    assert check(x.clone().to(dtype).requires_grad_()) == check(x.numpy())
