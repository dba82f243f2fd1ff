"""One contract for every row of LOSSES; a new row gets all of it."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import numpy as np
import pytest
import torch

import lossbook.losses
from lossbook.losses import LOSSES, MSE, Hinge, SoftmaxCrossEntropy

rows = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
reductions = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
N, K = 6, 4


def batch(loss: Any, seed: int = 0, dtype: Any = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """A prediction and a target that the loss takes."""
    rng = np.random.default_rng(seed)
    if isinstance(loss, SoftmaxCrossEntropy):
        return rng.normal(size=(N, K)).astype(dtype), rng.integers(K, size=N)
    if isinstance(loss, Hinge):
        return rng.normal(size=(N, 3)).astype(dtype), rng.choice([-1.0, 1.0], size=(N, 3)).astype(dtype)
    return rng.normal(size=(N, 3)).astype(dtype), rng.normal(size=(N, 3)).astype(dtype)


@rows
@reductions
def test_value_and_gradient_agree_with_torch(loss: Any, reduction: str) -> None:
    loss = replace(loss, reduction=reduction)
    pred, target = batch(loss)
    tensor = torch.tensor(pred, requires_grad=True)
    theirs = loss.to_torch()(tensor, torch.tensor(target))
    theirs.sum().backward()
    np.testing.assert_allclose(loss.value(pred, target), theirs.detach(), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(loss.grad(pred, target), tensor.grad, rtol=1e-14, atol=1e-14)


@rows
@reductions
@pytest.mark.parametrize("seed", range(3))
def test_gradient_is_the_slope_of_the_value(loss: Any, reduction: str, seed: int) -> None:
    loss, h = replace(loss, reduction=reduction), 1e-6
    pred, target = batch(loss, seed)
    slopes = np.empty_like(pred)
    for index in np.ndindex(pred.shape):
        step = np.zeros_like(pred)
        step[index] = h
        difference = np.sum(loss.value(pred + step, target)) - np.sum(loss.value(pred - step, target))
        slopes[index] = difference / (2 * h)
    np.testing.assert_allclose(loss.grad(pred, target), slopes, atol=1e-8)


@rows
@reductions
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_and_tensors_give_the_same_in_their_own_dtype(loss: Any, reduction: str, dtype: str) -> None:
    loss = replace(loss, reduction=reduction)
    pred, target = batch(loss, dtype=dtype)
    before = pred.copy(), target.copy()
    tensors = torch.tensor(pred), torch.tensor(target)
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    for method in ("value", "grad"):
        ours, theirs = getattr(loss, method)(pred, target), getattr(loss, method)(*tensors)
        assert ours.dtype == pred.dtype
        assert theirs.dtype == tensors[0].dtype
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(pred, before[0])
    np.testing.assert_array_equal(target, before[1])
    assert loss.grad(pred, target).shape == pred.shape


@rows
def test_autograd_through_our_value_is_our_gradient(loss: Any) -> None:
    pred, target = batch(loss)
    tensor = torch.tensor(pred, requires_grad=True)
    loss.value(tensor, torch.tensor(target)).backward()
    np.testing.assert_allclose(tensor.grad, loss.grad(pred, target), atol=1e-14)


@rows
def test_reductions_agree_with_each_other(loss: Any) -> None:
    pred, target = batch(loss)
    each = replace(loss, reduction="none").value(pred, target)
    np.testing.assert_allclose(replace(loss, reduction="mean").value(pred, target), each.mean())
    np.testing.assert_allclose(replace(loss, reduction="sum").value(pred, target), each.sum())


@rows
def test_a_loss_is_a_value(loss: Any) -> None:
    again = eval(repr(loss), vars(lossbook.losses))
    assert again == loss == pickle.loads(pickle.dumps(loss))
    assert hash(again) == hash(loss)
    with pytest.raises(FrozenInstanceError):
        loss.reduction = "sum"
    assert replace(loss, reduction="sum") != loss
    assert all(item.type in ("str", "float", "bool", "int") for item in fields(loss))


@rows
@pytest.mark.parametrize("method", ["value", "grad"])
def test_what_does_not_fit_is_refused(loss: Any, method: str) -> None:
    call = getattr(loss, method)
    pred, target = batch(loss)
    with pytest.raises(ValueError, match=r"at least one element, got shape \(0,"):
        call(pred[:0], target[:0])
    with pytest.raises(ValueError, match=r"target.*got .*\(6, "):
        call(pred, target[:1])
    with pytest.raises(TypeError, match="floating dtype, got int"):
        call(pred.astype(int), target)
    with pytest.raises(TypeError, match="NumPy array or a torch tensor, got list"):
        call(pred.tolist(), target)
    with pytest.raises(TypeError, match="from one library, got a mixture: .* is numpy, .* is torch"):
        call(pred, torch.tensor(target))


@rows
def test_an_unknown_reduction_is_refused(loss: Any) -> None:
    with pytest.raises(
        ValueError, match=r"reduction must be one of 'mean', 'sum', 'none', got 'men'. Did you mean 'mean'"
    ):
        replace(loss, reduction="men")


@rows
def test_nan_passes_through(loss: Any) -> None:
    pred, target = batch(loss)
    pred[0, 0] = np.nan
    assert np.isnan(loss.value(pred, target))


def test_nothing_is_broadcast() -> None:
    with pytest.raises(ValueError, match=r"same shape, got pred \(6, 1\), target \(6,\). Nothing is broadcast"):
        MSE().value(np.zeros((6, 1)), np.zeros(6))


def test_class_indices_must_be_integers_one_per_row() -> None:
    with pytest.raises(TypeError, match="target must have an integer dtype, got float64"):
        SoftmaxCrossEntropy().value(np.zeros((2, 3)), np.zeros(2))
    with pytest.raises(ValueError, match=r"one class index per row of logits, got logits \(2, 3\) and target \(2, 1\)"):
        SoftmaxCrossEntropy().value(np.zeros((2, 3)), np.zeros((2, 1), dtype=int))


def test_cross_entropy_is_exact_for_huge_logits() -> None:
    logits = np.array([[1e4, -1e4], [1e4, -1e4]])
    loss = SoftmaxCrossEntropy(reduction="none")
    assert loss.value(logits, np.array([0, 1])).tolist() == [0.0, 2e4]
    assert loss.grad(logits, np.array([0, 1])).tolist() == [[0.0, 0.0], [1.0, -1.0]]


def test_numbers_worked_out_by_hand() -> None:
    one = np.array([1.0])
    assert MSE().value(np.array([1.0, 3.0]), np.array([0.0, 1.0])) == 2.5  # (1 + 4) / 2
    assert SoftmaxCrossEntropy().value(np.zeros((5, 10)), np.arange(5)) == pytest.approx(np.log(10), rel=1e-15)
    assert SoftmaxCrossEntropy().value(np.log([[1.0, 3.0]]), np.array([1])) == pytest.approx(np.log(4 / 3), rel=1e-15)
    assert [float(Hinge().value(score * one, one)) for score in (2.0, 1.0, 0.25, -1.0)] == [0.0, 0.0, 0.75, 2.0]
    assert Hinge().grad(0.25 * one, one).tolist() == [-1.0]
