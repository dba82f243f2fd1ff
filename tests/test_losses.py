"""One contract for every row of LOSSES; a new row gets all of it."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import numpy as np
import pytest
import torch

import lossbook.losses
from lossbook.losses import (
    LOSSES,
    MAE,
    MSE,
    NLL,
    BinaryCrossEntropy,
    Hinge,
    Huber,
    LogCosh,
    MultiClassHinge,
    SoftmaxCrossEntropy,
    SquaredHinge,
    expected_initial_loss,
)
from lossbook.losses.binary import MarginLoss
from lossbook.losses.class_loss import ClassLoss

rows = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
WEIGHTED = {
    f"{name}, weighted": replace(loss, weights=(0.5, 2.0, 1.0, 0.25))
    for name, loss in LOSSES.items()
    if isinstance(loss, ClassLoss)
}
variants = pytest.mark.parametrize("loss", [*LOSSES.values(), *WEIGHTED.values()], ids=[*LOSSES, *WEIGHTED])
reductions = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
N, K = 6, 4


def batch(loss: Any, seed: int = 0, dtype: Any = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """A prediction and a target that the loss accepts."""
    rng = np.random.default_rng(seed)
    if isinstance(loss, ClassLoss):
        logits = rng.normal(size=(N, K))
        pred = logits - np.log(np.exp(logits).sum(-1, keepdims=True)) if isinstance(loss, NLL) else logits
        return pred.astype(dtype), rng.integers(K, size=N)
    if isinstance(loss, MarginLoss):
        return rng.normal(size=(N, 3)).astype(dtype), rng.choice([-1.0, 1.0], size=(N, 3)).astype(dtype)
    if isinstance(loss, BinaryCrossEntropy):
        return rng.normal(size=(N, 3)).astype(dtype), rng.uniform(size=(N, 3)).astype(dtype)
    return rng.normal(size=(N, 3)).astype(dtype), rng.normal(size=(N, 3)).astype(dtype)


@variants
@reductions
def test_value_and_gradient_agree_with_torch(loss: Any, reduction: str) -> None:
    loss = replace(loss, reduction=reduction)
    pred, target = batch(loss)
    tensor = torch.tensor(pred, requires_grad=True)
    twin = loss.to_torch()
    twin = twin.double() if isinstance(twin, torch.nn.Module) else twin
    theirs = twin(tensor, torch.tensor(target))
    theirs.sum().backward()
    np.testing.assert_allclose(loss.value(pred, target), theirs.detach(), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(loss.grad(pred, target), tensor.grad, rtol=1e-14, atol=1e-14)


@variants
@reductions
@pytest.mark.parametrize("seed", range(2))
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


@variants
def test_autograd_through_our_value_is_our_gradient(loss: Any) -> None:
    pred, target = batch(loss)
    tensor = torch.tensor(pred, requires_grad=True)
    loss.value(tensor, torch.tensor(target)).backward()
    np.testing.assert_allclose(tensor.grad, loss.grad(pred, target), atol=1e-14)


@rows
def test_works_under_vmap_and_grad_of_torch_func(loss: Any) -> None:
    pred, target = batch(loss)
    tensors = torch.tensor(pred), torch.tensor(target)
    each = torch.func.vmap(replace(loss, reduction="sum").value)(tensors[0][:, None], tensors[1][:, None])
    torch.testing.assert_close(each.sum(), replace(loss, reduction="sum").value(*tensors))
    slope = torch.func.grad(loss.value)(*tensors)
    torch.testing.assert_close(slope, loss.grad(*tensors))


@rows
def test_runs_on_the_meta_device(loss: Any) -> None:
    pred, target = (torch.tensor(array).to("meta") for array in batch(loss))
    assert loss.value(pred, target).device.type == loss.grad(pred, target).device.type == "meta"


@rows
def test_finite_for_huge_outputs(loss: Any) -> None:
    pred, target = batch(loss)
    huge = pred * 1e4 / abs(pred).max()
    assert np.isfinite(loss.value(huge, target))
    assert np.isfinite(loss.grad(huge, target)).all()
    torch.testing.assert_close(
        loss.value(torch.tensor(huge), torch.tensor(target)), torch.tensor(loss.value(huge, target))
    )


@rows
def test_values_are_checked_before_a_training(loss: Any) -> None:
    pred, target = batch(loss)
    loss.check_values(pred, target)
    loss.check_values(torch.tensor(pred), torch.tensor(target))
    if not isinstance(loss, ClassLoss):
        spoilt = target.copy()
        spoilt[2, 1] = np.nan
        with pytest.raises(ValueError, match=r"target must be finite, got nan at index \(2, 1\), 1 such values in all"):
            loss.check_values(pred, spoilt)
        with pytest.raises(ValueError, match="target must be finite"):
            loss.check_values(torch.tensor(pred), torch.tensor(spoilt))
        return
    for wrong in (-1, K):
        spoilt = target.copy()
        spoilt[0] = wrong
        with pytest.raises(ValueError, match=r"labels must lie in 0..3, since the model has 4 outputs, got"):
            loss.check_values(pred, spoilt)


@rows
def test_reductions_agree_with_each_other(loss: Any) -> None:
    pred, target = batch(loss)
    each = replace(loss, reduction="none").value(pred, target)
    np.testing.assert_allclose(replace(loss, reduction="mean").value(pred, target), each.mean(), rtol=1e-14)
    np.testing.assert_allclose(replace(loss, reduction="sum").value(pred, target), each.sum())


@rows
def test_a_loss_is_a_value(loss: Any) -> None:
    again = eval(repr(loss), vars(lossbook.losses))
    assert again == loss == pickle.loads(pickle.dumps(loss))
    assert hash(again) == hash(loss)
    with pytest.raises(FrozenInstanceError):
        loss.reduction = "sum"
    assert replace(loss, reduction="sum") != loss
    assert all(isinstance(getattr(loss, item.name), (str, float, type(None))) for item in fields(loss))


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
    pred[0] = np.nan
    assert np.isnan(loss.value(pred, target))


def test_nothing_is_broadcast() -> None:
    with pytest.raises(ValueError, match=r"same shape, got pred \(6, 1\), target \(6,\). Nothing is broadcast"):
        MSE().value(np.zeros((6, 1)), np.zeros(6))


def test_class_indices_must_be_integers_one_per_row() -> None:
    with pytest.raises(TypeError, match="target must have an integer dtype, got float64"):
        NLL().value(np.zeros((2, 3)), np.zeros(2))
    with pytest.raises(ValueError, match=r"same shape, got pred \(2, 3\), target \(2,\)"):
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
    assert SquaredHinge().grad(0.25 * one, one).tolist() == [-1.5]
    assert [float(MAE().value(p * one, one)) for p in (3.0, -1.0)] == [2.0, 2.0]
    assert [float(Huber(delta=2.0).value(p * one, one)) for p in (2.0, 3.0, 6.0)] == [0.5, 2.0, 8.0]
    assert float(LogCosh().value(np.array([np.arccosh(2.0)]), np.array([0.0]))) == pytest.approx(np.log(2), rel=1e-14)
    assert LogCosh().grad(np.array([np.arctanh(0.5)]), np.array([0.0]))[0] == pytest.approx(0.5, rel=1e-14)
    assert BinaryCrossEntropy().value(np.log([3.0]), one) == pytest.approx(np.log(4 / 3), rel=1e-14)  # σ = 3/4
    assert NLL(weights=(1.0, 3.0)).value(np.log([[0.5, 0.5], [0.75, 0.25]]), np.array([0, 1])) == pytest.approx(
        (np.log(2) + 3 * np.log(4)) / 4
    )
    assert MultiClassHinge().value(np.array([[2.0, 1.5, 0.0, 2.5]]), np.array([0])) == (0.5 + 1.5) / 4
    smooth = SoftmaxCrossEntropy(label_smoothing=0.4)  # q = (0.8, 0.2) on p = (1/4, 3/4)
    expected = -0.8 * np.log(0.25) - 0.2 * np.log(0.75)
    assert smooth.value(np.log([[1.0, 3.0]]), np.array([0])) == pytest.approx(expected, rel=1e-14)


@reductions
@pytest.mark.parametrize("weights", [None, (0.5, 2.0, 1.0, 0.25)])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
def test_a_target_may_be_a_distribution(reduction: str, weights: Any, label_smoothing: float) -> None:
    loss = SoftmaxCrossEntropy(reduction, weights, label_smoothing)
    rng = np.random.default_rng(0)
    logits, target = rng.normal(size=(N, K)), rng.dirichlet(np.ones(K), size=N)
    tensor = torch.tensor(logits, requires_grad=True)
    theirs = loss.to_torch().double()(tensor, torch.tensor(target))
    theirs.sum().backward()
    np.testing.assert_allclose(loss.value(logits, target), theirs.detach(), rtol=1e-14)
    np.testing.assert_allclose(loss.grad(logits, target), tensor.grad, rtol=1e-12, atol=1e-15)


def test_an_impossible_class_costs_nothing_where_it_is_not_the_target() -> None:
    logits = np.array([[0.0, -np.inf, 0.0]])
    assert SoftmaxCrossEntropy().value(logits, np.array([0])) == pytest.approx(np.log(2))
    assert SoftmaxCrossEntropy().value(logits, np.array([1])) == np.inf


def test_weights_fit_the_classes() -> None:
    with pytest.raises(ValueError, match="weights must hold one number per class, 3, got 2"):
        NLL(weights=(1.0, 2.0)).value(np.zeros((2, 3)), np.array([0, 1]))
    with pytest.raises(TypeError, match=r"weights must be a tuple of numbers, one per class, or None, got \[1.0\]"):
        NLL(weights=[1.0])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"weights\[1\] must lie in \[0, inf\), got -1.0"):
        NLL(weights=(1.0, -1.0))
    with pytest.raises(ValueError, match=r"label_smoothing must lie in \[0, 1\], got 1.5"):
        SoftmaxCrossEntropy(label_smoothing=1.5)
    with pytest.raises(ValueError, match=r"delta must lie in \(0, inf\), got 0"):
        Huber(delta=0)


def test_numbers_that_a_loss_cannot_mean_are_refused() -> None:
    labels, rows = np.array([0, 1]), np.array([[0.25, 0.75], [0.5, 0.5]])
    with pytest.raises(ValueError, match="pred must be logits, but every row holds numbers >= 0 that sum to 1"):
        SoftmaxCrossEntropy().check_values(rows, labels)
    with pytest.raises(ValueError, match="target must hold one distribution per row"):
        SoftmaxCrossEntropy().check_values(np.zeros((2, 2)), 2 * rows)
    SoftmaxCrossEntropy().check_values(np.zeros((2, 2)), rows)
    with pytest.raises(ValueError, match=r"pred must be log-probabilities, none above 0, got 0.75"):
        NLL().check_values(rows, labels)
    with pytest.raises(ValueError, match=r"target must hold -1 or \+1 only, got 0.0"):
        Hinge().check_values(np.zeros(2), np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match=r"target must hold numbers in \[0, 1\], got -1 to 1"):
        BinaryCrossEntropy().check_values(np.zeros(2), np.array([-1.0, 1.0]))


def test_the_expected_initial_loss() -> None:
    rng = np.random.default_rng(0)
    labels, numbers = np.array([0] * 9 + [1]), rng.normal(2.0, 3.0, size=50)
    entropy = -0.9 * np.log(0.9) - 0.1 * np.log(0.1)
    for loss in (SoftmaxCrossEntropy(), NLL()):
        assert expected_initial_loss(loss, labels, classes=2) == pytest.approx(np.log(2))
        assert expected_initial_loss(loss, labels, classes=10) == pytest.approx(np.log(10))
        assert expected_initial_loss(loss, labels, classes=10, informed=True) == pytest.approx(entropy)
    assert expected_initial_loss(BinaryCrossEntropy(), labels * 1.0) == pytest.approx(np.log(2))
    assert expected_initial_loss(BinaryCrossEntropy(), labels * 1.0, informed=True) == pytest.approx(entropy)
    assert expected_initial_loss(Hinge(), 2.0 * labels - 1) == 1.0
    assert expected_initial_loss(MSE(), numbers) == pytest.approx((numbers**2).mean())
    assert expected_initial_loss(MSE(), numbers, informed=True) == pytest.approx(numbers.var())
    assert expected_initial_loss(MAE(), numbers, informed=True) == pytest.approx(
        abs(numbers - np.median(numbers)).mean()
    )
    distributions = rng.dirichlet(np.ones(3), size=8)
    assert expected_initial_loss(SoftmaxCrossEntropy(), distributions) == pytest.approx(np.log(3))
    best = expected_initial_loss(SoftmaxCrossEntropy(), distributions, informed=True)
    assert best == pytest.approx(-(distributions.mean(0) * np.log(distributions.mean(0))).sum())


def test_the_expected_initial_loss_refuses_what_it_cannot_tell() -> None:
    with pytest.raises(ValueError, match="loss must have reduction 'mean', got 'sum'"):
        expected_initial_loss(MSE(reduction="sum"), np.ones(3))
    with pytest.raises(ValueError, match="classes must be given with class indices, got None"):
        expected_initial_loss(NLL(), np.array([0, 1]))
    with pytest.raises(ValueError, match=r"labels must lie in 0..1, .* got 0..2"):
        expected_initial_loss(NLL(), np.array([0, 2]), classes=2)
    with pytest.raises(ValueError, match=r"informed=True has no closed form for this loss, got Huber"):
        expected_initial_loss(Huber(), np.ones(3), informed=True)


@pytest.mark.parametrize("loss", [*LOSSES.values(), *WEIGHTED.values()], ids=[*LOSSES, *WEIGHTED])
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_a_leading_axis_of_many_runs_gives_what_single_runs_give(loss: Any, make: Any) -> None:
    loss = replace(loss, reduction="none")
    batches = [batch(loss, seed) for seed in range(3)]
    pred, target = (make(np.stack(arrays)) for arrays in zip(*batches, strict=True))
    for method in ("value", "grad"):
        together = getattr(loss, method)(pred, target)
        for run, (one, labels) in enumerate(batches):
            np.testing.assert_allclose(together[run], getattr(loss, method)(one, labels), rtol=1e-14, atol=1e-15)
    if not (isinstance(loss, ClassLoss) and loss.weights):  # a weighted mean is over all examples of all runs
        mean = replace(loss, reduction="mean")
        singles = [mean.value(one, labels) for one, labels in batches]
        np.testing.assert_allclose(mean.value(pred, target), np.mean(singles), rtol=1e-12)


def test_soft_targets_with_a_leading_axis_of_runs() -> None:
    loss, rng = SoftmaxCrossEntropy("none", (0.5, 2.0, 1.0, 0.25), 0.1), np.random.default_rng(0)
    logits, target = rng.normal(size=(3, N, K)), rng.dirichlet(np.ones(K), size=(3, N))
    loss.check_values(logits, target)
    for method in ("value", "grad"):
        singles = [getattr(loss, method)(*pair) for pair in zip(logits, target, strict=True)]
        np.testing.assert_allclose(getattr(loss, method)(logits, target), np.stack(singles), rtol=1e-14)
    with pytest.raises(ValueError, match="every row holds numbers >= 0 that sum to 1"):
        loss.check_values(target, target)
    with pytest.raises(ValueError, match=r"labels must lie in 0..3, since the model has 4 outputs, got"):
        loss.check_values(logits, np.full((3, N), K))
    loss.check_values(logits, np.full((3, N), K - 1))


def test_a_single_class_costs_nothing() -> None:
    for target in (np.zeros(3, dtype=int), np.ones((3, 1))):
        assert SoftmaxCrossEntropy().value(np.array([[5.0], [-2.0], [0.0]]), target) == 0


def test_the_slope_of_the_squared_hinge_points_to_the_target() -> None:
    for sign in (-1.0, 1.0):
        assert SquaredHinge("sum").grad(np.array([0.0]), np.array([sign])).tolist() == [-2 * sign]
        assert SquaredHinge("sum").grad(np.array([2 * sign]), np.array([sign])).tolist() == [0.0]


def test_the_expected_initial_loss_of_absent_and_single_classes() -> None:
    one = np.zeros(4, dtype=int)
    with pytest.raises(ValueError, match="classes must be at least 1, got 0"):
        expected_initial_loss(NLL(), one, classes=0)
    for loss in (SoftmaxCrossEntropy(), NLL()):
        assert expected_initial_loss(loss, one, classes=1) == pytest.approx(0.0, abs=1e-15)
        assert expected_initial_loss(loss, one, classes=3, informed=True) == pytest.approx(0.0, abs=1e-12)
        assert expected_initial_loss(loss, one, classes=3) == pytest.approx(np.log(3))
    columns = np.array([[0.0, 1.0], [4.0, 1.0]])  # each column has its own best constant
    assert expected_initial_loss(MSE(), columns, informed=True) == 2.0
    assert expected_initial_loss(MAE(), columns, informed=True) == 1.0
    shares = np.array([[0.0, 1.0], [0.5, 1.0]])
    best = (2 * np.log(2) - 0.25 * np.log(1) - (0.5 * np.log(1 / 4) + 1.5 * np.log(3 / 4)) - 2 * np.log(2)) / 4
    assert expected_initial_loss(BinaryCrossEntropy(), shares, informed=True) == pytest.approx(best)
