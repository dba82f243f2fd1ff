"""One contract for every row of CORRUPTIONS; then how much each changes, counted exactly."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import numpy as np
import pytest
import torch

from lossbook.data import corruptions, mnist_arrays
from lossbook.data.corruptions import (
    CORRUPTIONS,
    Duplicates,
    Imbalance,
    LabelNoise,
    LabelOffset,
    MissingValues,
    NaNs,
    ShiftedFeatures,
    ShuffledLabels,
    Sorted,
    UnscaledFeatures,
)
from lossbook.learners.feed import batches

rows = pytest.mark.parametrize("corruption", CORRUPTIONS.values(), ids=CORRUPTIONS.keys())
shares = pytest.mark.parametrize(
    ("share", "n"), [(0.0, 0), (0.1, 10), (0.29, 29), (0.333, 33), (0.996, 100), (1.0, 100)]
)

NOTHING: dict[str, dict[str, float]] = {  # name -> the knob at strength 0; the share, where a row is not named here
    "label offset": {"by": 0},
    "NaNs": {"count": 0},
    "imbalance": {"keep": 1.0},
}


def data(n: int = 100, dtype: str = "float64") -> tuple[np.ndarray, np.ndarray]:
    """``n`` different examples, -0.0 among their numbers, and labels 0 to 9, each of which occurs."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(n, 2, 3)).astype(dtype)
    x[:, 0, 0] = -0.0
    return x, rng.permutation(np.arange(n) % 10)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    arrays = mnist_arrays()
    return arrays.train_images[:2000, None].astype(np.float32) / 255, arrays.train_labels[:2000]


@rows
def test_a_corruption_is_a_value(corruption: Any) -> None:
    again = eval(repr(corruption), vars(corruptions))
    assert again == corruption == pickle.loads(pickle.dumps(corruption))
    assert hash(again) == hash(corruption)
    for item in fields(corruption):
        with pytest.raises(FrozenInstanceError):
            setattr(corruption, item.name, 1)


@rows
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_apply_is_pure_repeatable_and_the_same_in_torch(corruption: Any, dtype: str) -> None:
    x, y = data(dtype=dtype)
    kept = x.copy(), y.copy()
    once, twice = corruption.apply(x, y), corruption.apply(x, y)
    tensors = corruption.apply(torch.tensor(x), torch.tensor(y))
    for before, array, again, tensor in zip((x, y), once, twice, tensors, strict=True):
        assert array.dtype == before.dtype
        assert tensor.dtype == torch.tensor(before).dtype
        assert array.shape[1:] == before.shape[1:]
        np.testing.assert_array_equal(array, again)
        np.testing.assert_array_equal(array, tensor)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(y, kept[1])
    assert any(not np.array_equal(before, after) for before, after in zip((x, y), once, strict=True))


@rows
def test_another_seed_spoils_something_else(corruption: Any) -> None:
    if not hasattr(corruption, "seed"):
        return
    one = replace(corruption, share=0.5) if hasattr(corruption, "share") else corruption
    first, second = (replace(one, seed=seed).apply(*data()) for seed in (1, 2))
    assert any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_strength_0_changes_no_bit(name: str, digits: tuple[np.ndarray, np.ndarray]) -> None:
    none: Any = replace(CORRUPTIONS[name], **NOTHING.get(name, {"share": 0.0}))  # type: ignore[type-var]
    for x, y in (data(), digits):
        for before, after in zip((x, y), none.apply(x, y), strict=True):
            assert after.tobytes() == before.tobytes()


@rows
def test_what_does_not_fit_is_refused(corruption: Any) -> None:
    x, y = data()
    with pytest.raises(ValueError, match=r"one target per example, got x \(100, 2, 3\) and y \(99,\)"):
        corruption.apply(x, y[:99])
    with pytest.raises(ValueError, match=r"one target per example, got x \(100, 2, 3\) and y \(100, 1\)"):
        corruption.apply(x, y[:, None])
    with pytest.raises(ValueError, match=r"x must hold at least one element, got shape \(0, 2, 3\)"):
        corruption.apply(x[:0], y[:0])
    with pytest.raises(TypeError, match="x must be a NumPy array or a torch tensor, got list"):
        corruption.apply(x.tolist(), y)
    with pytest.raises(TypeError, match="from one library, got a mixture: x is numpy, y is torch"):
        corruption.apply(x, torch.tensor(y))
    if hasattr(corruption, "seed"):
        with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
            replace(corruption, seed=-1)
    if hasattr(corruption, "share"):
        with pytest.raises(ValueError, match=r"share must lie in \[0, 1\], got 1.1"):
            replace(corruption, share=1.1)


@shares
def test_label_noise_gives_exactly_so_many_a_different_class(share: float, n: int) -> None:
    x, y = data()
    same, wrong = LabelNoise(share).apply(x, y)
    assert same is x
    assert (wrong != y).sum() == n
    assert set(wrong.tolist()) <= set(range(10))


def test_label_noise_on_digits_is_even_and_grows_with_the_share(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits
    little, much = (LabelNoise(share).apply(x, y)[1] for share in (0.2, 0.9))
    assert ((little != y).sum(), (much != y).sum()) == (400, 1800)
    np.testing.assert_array_equal(much[little != y], little[little != y])
    offsets = np.bincount((much - y)[much != y] % 10, minlength=10)
    assert offsets[0] == 0
    assert np.all(np.abs(offsets[1:] - 200) < 5 * np.sqrt(200))  # each other class as often


@shares
def test_shuffled_labels_move_exactly_so_many(share: float, n: int) -> None:
    x, _ = data()
    y = np.arange(100)  # all different, so that each move can be seen
    same, dealt = ShuffledLabels(share).apply(x, y)
    assert same is x
    assert (dealt != y).sum() == n
    np.testing.assert_array_equal(np.sort(dealt), y)


def test_shuffled_labels_know_nothing_of_the_digits(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits
    dealt = ShuffledLabels().apply(x, y)[1]
    assert (dealt == y).mean() == pytest.approx(0.1, abs=0.035)  # chance, within 5 deviations
    np.testing.assert_array_equal(np.bincount(dealt), np.bincount(y))


def test_a_label_offset_leaves_the_range(digits: tuple[np.ndarray, np.ndarray]) -> None:
    wrong = LabelOffset(by=3).apply(*digits)[1]
    np.testing.assert_array_equal(wrong, digits[1] + 3)


@pytest.mark.parametrize(("share", "n"), [(0.0, 0), (0.1, 60), (0.0125, 8), (1.0, 600)])
def test_missing_values_are_exactly_so_many(share: float, n: int) -> None:
    x, y = data()
    holes, same = MissingValues(share).apply(x, y)
    assert same is y
    assert np.isnan(holes).sum() == n
    np.testing.assert_array_equal(holes[~np.isnan(holes)], x[~np.isnan(holes)])
    more = MissingValues(min(1.0, share + 0.1)).apply(x, y)[0]
    assert np.isnan(more[np.isnan(holes)]).all()


@pytest.mark.parametrize("count", [0, 1, 17, 600])
def test_nans_are_counted(count: int) -> None:
    x, y = data()
    holes = NaNs(count).apply(x, y)[0]
    assert np.isnan(holes).sum() == count
    np.testing.assert_array_equal(holes[~np.isnan(holes)], x[~np.isnan(holes)])


@pytest.mark.parametrize(("share", "n"), [(0.0, 0), (0.4, 2), (0.5, 3), (1.0, 6)])
def test_features_change_by_whole_columns(share: float, n: int) -> None:
    x, y = data()
    x[:, 0, 0] = 1.0  # 0 is 0 in every unit
    for corruption, changed in ((UnscaledFeatures(8.0, share), x * 8), (ShiftedFeatures(-2.0, share), x - 2)):
        spoilt, same = corruption.apply(x, y)
        assert same is y
        hit = (spoilt != x).any(axis=0)
        assert hit.sum() == n
        np.testing.assert_array_equal(spoilt, np.where(hit, changed, x))


def test_imbalance_keeps_exactly_a_share_of_each_class(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits
    thin_x, thin_y = Imbalance(keep=0.25, classes=(3, 8)).apply(x, y)
    before, after = np.bincount(y), np.bincount(thin_y)
    for label in range(10):
        assert after[label] == (round(0.25 * before[label]) if label in (3, 8) else before[label])
    place = {image.tobytes(): i for i, image in enumerate(x)}
    index = [place[image.tobytes()] for image in thin_x]
    assert index == sorted(index)  # the order stays
    np.testing.assert_array_equal(y[index], thin_y)  # each with its own label
    assert 3 not in Imbalance(keep=0.0, classes=(3,)).apply(x, y)[1]


@shares
def test_duplicates_are_appended(share: float, n: int) -> None:
    x, y = data()
    longer_x, longer_y = Duplicates(share).apply(x, y)
    assert len(longer_x) == len(longer_y) == 100 + n
    np.testing.assert_array_equal(longer_x[:100], x)
    place = {example.tobytes(): i for i, example in enumerate(x)}
    again = [place[example.tobytes()] for example in longer_x[100:]]
    assert len(set(again)) == n  # none more than twice
    np.testing.assert_array_equal(longer_y[100:], y[again])


@shares
def test_sorted_examples_keep_their_labels(share: float, n: int) -> None:
    x, y = data()
    sorted_x, sorted_y = Sorted(share).apply(x, y)
    place = {example.tobytes(): i for i, example in enumerate(x)}
    index = np.array([place[example.tobytes()] for example in sorted_x])
    np.testing.assert_array_equal(np.sort(index), np.arange(100))
    np.testing.assert_array_equal(y[index], sorted_y)
    assert (index != np.arange(100)).sum() <= n
    if share == 1:
        assert np.all(np.diff(sorted_y) >= 0)
        assert np.all(np.diff(index)[np.diff(sorted_y) == 0] > 0)  # within a class in the old order


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LabelNoise(share="0.1"), "share must be a Python number, got '0.1' of type str"),  # type: ignore[arg-type]
        (lambda: LabelNoise(classes=1), "classes must be at least 2, got 1"),
        (lambda: LabelNoise(classes=9).apply(*data()), r"labels must lie in 0..8, got 0..9"),
        (lambda: LabelNoise().apply(data()[0], data()[0][:, 0, 0]), "y must have an integer dtype, got float64"),
        (lambda: LabelOffset(by=-1), "by must be at least 0, got -1"),
        (lambda: LabelOffset(by=0.5), "by must be a whole number, got 0.5"),  # type: ignore[arg-type]
        (lambda: NaNs(count=-1), "count must be at least 0, got -1"),
        (lambda: NaNs(count=601).apply(*data()), "count must be at most 600, the numbers that x holds, got 601"),
        (lambda: NaNs().apply(np.ones((2, 2), dtype=np.uint8), np.ones(2)), "x must have a floating dtype, got uint8"),
        (lambda: UnscaledFeatures(factor=0.0), r"factor must lie in \(0, inf\), got 0.0"),
        (lambda: ShiftedFeatures(by=float("inf")), r"by must lie in \(-inf, inf\), got inf"),
        (lambda: Imbalance(keep=-0.1), r"keep must lie in \[0, 1\], got -0.1"),
        (lambda: Imbalance(classes=3), "classes must be a tuple of whole numbers, got 3"),  # type: ignore[arg-type]
        (lambda: Imbalance(classes=(1, -2)), r"classes\[1\] must be at least 0, got -2"),
        (lambda: Imbalance(classes=(12,)).apply(*data()), "classes must occur in y, got 12, which does not occur"),
        (lambda: Imbalance(0.0, tuple(range(10))).apply(*data()), "keep must leave an example, got keep=0.0 for all"),
    ],
)
def test_bad_arguments_are_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_label_noise_is_the_same_in_every_integer_dtype(dtype: str, library: str) -> None:
    y = np.arange(120)
    noise, x = LabelNoise(share=1.0, classes=120), np.zeros((120, 1))
    expected = noise.apply(x, y)[1]
    small = y.astype(dtype)
    if library == "torch":
        x, small = torch.from_numpy(x), torch.from_numpy(small)  # type: ignore[assignment]
    spoilt = noise.apply(x, small)[1]
    assert spoilt.dtype == small.dtype
    np.testing.assert_array_equal(np.asarray(spoilt), expected)
    assert (expected != y).all()
    np.testing.assert_array_equal(np.asarray(LabelOffset(by=7).apply(x, small)[1]), y + 7)


def test_labels_that_their_dtype_would_not_hold_are_refused() -> None:
    with pytest.raises(ValueError, match="by must leave labels that uint8 holds, got by=250, which makes 259"):
        LabelOffset(by=250).apply(np.zeros((10, 1)), np.arange(10, dtype="uint8"))


@pytest.mark.parametrize("corruption", [UnscaledFeatures(np.float64(8.0)), ShiftedFeatures(np.float64(2.0))])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_knob_of_numpys_leaves_the_dtype(corruption: Any, dtype: str) -> None:
    assert corruption.apply(*data(dtype=dtype))[0].dtype == dtype


def test_what_is_spoilt_does_not_come_first_in_a_run_with_the_same_seed() -> None:
    """Both are permutations drawn from a seed."""
    y = np.zeros(4000, dtype=int)
    spoilt = LabelNoise(share=0.5, seed=3).apply(np.zeros((4000, 1)), y)[1] != y
    early = np.concatenate(list(itertools.islice(batches(4000, batch_size=100, seed=3), 10)))
    assert 0.4 < spoilt[early].mean() < 0.6
