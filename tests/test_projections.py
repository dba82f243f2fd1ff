"""One contract for every row of PROJECTIONS, and what max-norm does."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
import torch

import lossbook.projections
from lossbook.projections import PROJECTIONS, MaxNorm

rows = pytest.mark.parametrize("projection", PROJECTIONS.values(), ids=PROJECTIONS.keys())
SHAPES = [((6, 5), 0), ((6, 5), 1), ((4, 3, 2, 2), 0), ((4, 3, 2, 2), 1), ((4, 3, 2, 2), 3)]


def weights(shape: tuple[int, ...] = (6, 5), dtype: str = "float64") -> np.ndarray:
    return (2 * np.random.default_rng(0).normal(size=shape)).astype(dtype)


def norms(param: np.ndarray, axis: int) -> np.ndarray:
    return np.linalg.norm(np.moveaxis(param, axis, 0).reshape(param.shape[axis], -1), axis=1)


@rows
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_and_tensors_give_the_same_in_their_own_dtype(projection: Any, dtype: str) -> None:
    theta = weights(dtype=dtype)
    before, tensor = theta.copy(), torch.tensor(theta)
    ours, theirs = projection.project(theta), projection.project(tensor)
    assert ours.dtype == theta.dtype
    assert theirs.dtype == tensor.dtype
    assert ours.shape == tuple(theirs.shape) == theta.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-6 if dtype == "float32" else 1e-14)
    assert not np.array_equal(ours, before)  # something was projected
    np.testing.assert_array_equal(theta, before)
    np.testing.assert_array_equal(tensor, before)
    np.testing.assert_allclose(projection.project(ours), ours, rtol=1e-6 if dtype == "float32" else 1e-14)


@rows
def test_a_projection_is_a_value(projection: Any) -> None:
    again = eval(repr(projection), vars(lossbook.projections))
    assert again == projection == pickle.loads(pickle.dumps(projection))
    assert hash(again) == hash(projection)
    with pytest.raises(FrozenInstanceError):
        projection.max_norm = 1.0


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("max_norm", [0.5, 4.0, 100.0])
def test_it_is_torchs_renorm_but_for_torchs_1e_7(shape: tuple[int, ...], axis: int, max_norm: float) -> None:
    rule, theta = MaxNorm(max_norm, axis), weights(shape)
    theirs = rule.to_torch()(torch.tensor(theta)).numpy()
    ours, before = rule.project(theta), norms(theta, axis)
    correction = np.where(before > max_norm, 1 + 1e-7 / before, 1.0)  # torch scales by c / (norm + 1e-7)
    by_row = np.expand_dims(correction, tuple(i for i in range(theta.ndim) if i != axis))
    np.testing.assert_allclose(ours, theirs * by_row, rtol=1e-12)
    assert np.all(norms(ours, axis) <= max_norm * (1 + 1e-14))


def test_rows_within_the_bound_stay_as_they_are_bit_for_bit() -> None:
    theta = weights()
    short = norms(theta, 0) <= 4.0
    assert 0 < short.sum() < len(theta)
    projected = MaxNorm(4.0).project(theta)
    np.testing.assert_array_equal(projected[short], theta[short])
    np.testing.assert_allclose(norms(projected, 0)[~short], 4.0, rtol=1e-14)


def test_numbers_worked_out_by_hand() -> None:
    theta = np.array([[3.0, 4.0], [0.0, 0.0], [6.0, -8.0]])  # rows of length 5, 0 and 10
    np.testing.assert_allclose(MaxNorm(5.0).project(theta), [[3.0, 4.0], [0.0, 0.0], [3.0, -4.0]], rtol=1e-15)
    columns = MaxNorm(2.0, axis=1).project(np.array([[2.0, 0.0, 3.0], [0.0, 1.0, 4.0]]))
    np.testing.assert_allclose(columns, [[2.0, 0.0, 1.2], [0.0, 1.0, 1.6]], rtol=1e-15)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MaxNorm(0.0), r"max_norm must lie in \(0, inf\), got 0.0."),
        (lambda: MaxNorm("3"), "max_norm must be a Python number, got '3' of type str."),  # type: ignore[arg-type]
        (lambda: MaxNorm(axis=-1), "axis must be at least 0, got -1."),
        (lambda: MaxNorm(axis=2).project(weights()), r"axis must lie in \[0, 1\], got 2."),
        (lambda: MaxNorm().project(np.ones(3)), r"param must have at least 2 axes, got shape \(3,\)."),
        (lambda: MaxNorm().project(np.ones((3, 2), dtype=np.int64)), "param must have a floating dtype, got int64."),
        (lambda: MaxNorm().project([[1.0]]), "param must be a NumPy array or a torch tensor, got list."),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        make()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_a_row_is_shortened_whatever_its_size(dtype: str, make: Any) -> None:
    limits = np.finfo(dtype)
    rows = np.array(
        [[limits.max] * 4, [300.0] * 4, [float(limits.max) / 2, 0, 0, 0], [limits.tiny] * 4, [0.0] * 4], dtype
    )
    projected = MaxNorm(3.0).project(make(rows))
    assert projected.dtype == make(rows).dtype
    expected = [[1.5] * 4, [1.5] * 4, [3.0, 0, 0, 0], [float(limits.tiny)] * 4, [0.0] * 4]
    np.testing.assert_allclose(np.asarray(projected, float), expected, rtol=2 * limits.eps)


def test_bfloat16_is_shortened_too() -> None:
    projected = MaxNorm(3.0).project(torch.full((1, 4), 1e38, dtype=torch.bfloat16))
    assert projected.dtype == torch.bfloat16
    assert projected.tolist() == [[1.5] * 4]


@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_row_that_is_not_finite_stays_and_the_others_do_not_feel_it(make: Any, bad: float) -> None:
    with np.errstate(invalid="ignore"):
        projected = np.asarray(MaxNorm(1.0).project(make(np.array([[bad, 1.0], [3.0, 4.0]]))))
    np.testing.assert_allclose(projected, [[bad, 1.0], [0.6, 0.8]])
