"""Spoilt data keep clean examples beside them, and are a value like any other data."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from lossbook.data import Corrupted, Digits, Split
from lossbook.data.corruptions import CORRUPTIONS, LabelNoise, NaNs, Sorted, UnscaledFeatures

DIGITS = Digits(train_size=600)


def same(one: Split, other: Split) -> dict[str, bool]:
    """Whether each array of two splits is equal."""
    return {name: np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in one._fields[:4]}


@pytest.mark.parametrize("corruption", [None, *CORRUPTIONS.values()], ids=["none", *CORRUPTIONS])
def test_only_the_training_part_is_spoilt_and_the_reference_is_what_it_was(corruption: object) -> None:
    clean, spoilt = DIGITS.load(), Corrupted(DIGITS, corruption).load()
    assert same(clean, spoilt)["val_x"]
    assert same(clean, spoilt)["val_y"]
    if corruption is not None:
        assert not (same(clean, spoilt)["train_x"] and same(clean, spoilt)["train_y"])
    np.testing.assert_array_equal(spoilt.ref_x, clean.train_x[:512])
    np.testing.assert_array_equal(spoilt.ref_y, clean.train_y[:512])


def test_without_a_corruption_the_data_are_as_they_were() -> None:
    assert all(same(DIGITS.load(), Corrupted(DIGITS).load()).values())


def test_everywhere_is_the_held_out_and_the_reference_part_too() -> None:
    clean = DIGITS.load()
    spoilt = Corrupted(DIGITS, UnscaledFeatures(factor=2.0, share=1.0), everywhere=True).load()
    np.testing.assert_array_equal(spoilt.train_x, 2 * clean.train_x)
    np.testing.assert_array_equal(spoilt.val_x, 2 * clean.val_x)
    np.testing.assert_array_equal(spoilt.ref_x, 2 * clean.train_x[:512])


def test_data_with_a_reference_of_their_own_keep_it() -> None:
    twice = Corrupted(Corrupted(DIGITS, LabelNoise(share=1.0)), Sorted()).load()
    np.testing.assert_array_equal(twice.ref_y, DIGITS.load().train_y[:512])


def test_it_is_a_value() -> None:
    data = Corrupted(DIGITS, NaNs(count=3))
    assert data == pickle.loads(pickle.dumps(data)) == Corrupted(Digits(train_size=600), NaNs(count=3))
    assert hash(data) == hash(Corrupted(DIGITS, NaNs(count=3)))


def test_what_cannot_be_spoilt_is_refused() -> None:
    with pytest.raises(TypeError, match=r"data must have a method load\(\), got 3"):
        Corrupted(3)
    with pytest.raises(TypeError, match=r"corruption must be an object, got the class NaNs: write NaNs\(\)"):
        Corrupted(DIGITS, NaNs)
    with pytest.raises(TypeError, match="everywhere must be True or False, got 1"):
        Corrupted(DIGITS, NaNs(), everywhere=1)  # type: ignore[arg-type]
