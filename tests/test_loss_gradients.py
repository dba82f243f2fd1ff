"""The gradient that trains: autograd through ``value`` gives ``grad`` and torch's own, at kinks and ties too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

from lossbook.losses import LOSSES, NLL, BinaryCrossEntropy, Huber, LogCosh, MultiClassHinge, SoftmaxCrossEntropy
from lossbook.losses.base import ElementLoss
from lossbook.losses.binary import MarginLoss
from lossbook.losses.class_loss import ClassLoss

POINTS = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1e-4, -1e-4, 2.0, -2.0, 20.0, -20.0, 100.0, -100.0, 1e4, -1e4)
CLASS_COUNTS = (1, 2, 10)
REDUCTIONS = ("mean", "sum", "none")


def variants() -> dict[str, Any]:
    """Every row of LOSSES, also with other settings; the weights are numbers that float32 holds exactly."""
    found = dict(LOSSES)
    for name, loss in LOSSES.items():
        if isinstance(loss, ClassLoss):
            found[f"{name}, weighted"] = replace(loss, weights=tuple(0.5 + 0.25 * k for k in range(10)))
        if isinstance(loss, SoftmaxCrossEntropy | NLL):
            found[f"{name}, class 1 ignored"] = replace(loss, ignore_index=1)
    found["narrow huber"] = Huber(delta=0.5)
    found["binary cross-entropy, weighted"] = BinaryCrossEntropy(pos_weight=3.0)
    found["weighted label smoothing, class 0 ignored"] = SoftmaxCrossEntropy(
        weights=found["cross-entropy, weighted"].weights, label_smoothing=0.25, ignore_index=0
    )
    return found


VARIANTS = variants()
losses = pytest.mark.parametrize("loss", VARIANTS.values(), ids=VARIANTS.keys())
reductions = pytest.mark.parametrize("reduction", REDUCTIONS)
precisions = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def with_classes(loss: Any, classes: int) -> Any:
    """The same loss with as many weights as there are classes."""
    weights = getattr(loss, "weights", None)
    return loss if weights is None else replace(loss, weights=weights[:classes])


def points(loss: Any, dtype: torch.dtype) -> Iterator[tuple[Any, Tensor, Tensor]]:
    """Loss, prediction and target at zeros, ties, kinks and far out."""
    if isinstance(loss, ElementLoss):
        targets = (1.0, -1.0) if isinstance(loss, MarginLoss) else (0.0, 1.0, 0.25)
        pairs = torch.tensor(list(product(POINTS, targets)), dtype=dtype)
        yield loss, pairs[:, 0], pairs[:, 1]
        return
    for classes in CLASS_COUNTS:
        levels = torch.tensor([0.0, 1.0, -1.0, 1e4, -1e4], dtype=dtype)
        rows = [level.expand(classes) for level in levels]  # all tied
        rows += [torch.cat([level.expand(classes - 1), level[None] - 1]) for level in levels]  # all but one tied
        rows += [torch.arange(classes) * level for level in levels]  # no tie; margins of exactly 1
        logits = torch.stack([row.to(dtype) for row in rows])
        pred = logits.log_softmax(-1) if isinstance(loss, NLL) else logits
        for label in {0, 1 % classes, classes - 1}:
            if label != getattr(loss, "ignore_index", None):  # another test has a batch in which all is ignored
                target = torch.full((len(pred),), label)
                target[0] = classes - 1
                yield with_classes(loss, classes), pred, target


def by_autograd(call: Any, pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The value of a callable for prediction and target, and the gradient of its sum."""
    pred = pred.clone().requires_grad_()
    value = call(pred, target)
    return value.detach(), torch.autograd.grad(value.sum(), pred)[0]


def twin(loss: Any, dtype: torch.dtype) -> Any:
    theirs = loss.to_torch()
    return theirs.to(dtype) if isinstance(theirs, torch.nn.Module) else theirs


def assert_as_torch(loss: Any, pred: Tensor, target: Tensor) -> None:
    """Value, autograd's gradient and our own are torch's, and NumPy's are the same."""
    tight = 1e-5 if pred.dtype == torch.float32 else 1e-13
    value, slope = by_autograd(loss.value, pred, target)
    own = loss.grad(pred, target)
    # torch's weighted cross entropy subtracts numbers as large as the logit from each other: it loses digits far out
    far = tight + 8 * torch.finfo(torch.float64).eps * float(pred.abs().max()) if pred.numel() else tight
    if isinstance(loss, ElementLoss):
        theirs, their_slope = by_autograd(twin(loss, torch.float64), pred.double(), target.double())
    else:
        theirs, their_slope = by_autograd(twin(loss, pred.dtype), pred, target)
    torch.testing.assert_close(slope, own, rtol=tight, atol=tight)
    torch.testing.assert_close(value, theirs.to(pred.dtype), rtol=tight, atol=far)
    torch.testing.assert_close(slope, their_slope.to(pred.dtype), rtol=tight, atol=tight)
    np.testing.assert_allclose(loss.value(pred.numpy(), target.numpy()), value, rtol=tight, atol=tight)
    np.testing.assert_allclose(loss.grad(pred.numpy(), target.numpy()), own, rtol=tight, atol=tight)
    assert value.dtype == slope.dtype == own.dtype == pred.dtype
    assert own.shape == pred.shape


@losses
@reductions
@precisions
def test_autograd_grad_and_torch_agree_at_zeros_ties_and_kinks(loss: Any, reduction: str, dtype: torch.dtype) -> None:
    for case, pred, target in points(replace(loss, reduction=reduction), dtype):
        assert_as_torch(case, pred, target)


@losses
def test_each_point_alone_has_the_right_gradient(loss: Any) -> None:
    for case, pred, target in points(replace(loss, reduction="sum"), torch.float64):
        for row in range(len(pred)):
            assert_as_torch(case, pred[row : row + 1], target[row : row + 1])


numbers = st.one_of(st.sampled_from(POINTS), st.floats(-1e4, 1e4, width=32))


@losses
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_autograd_grad_and_torch_agree_anywhere(loss: Any, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([torch.float32, torch.float64]))
    loss = replace(loss, reduction=data.draw(st.sampled_from(REDUCTIONS)))
    n, classes = data.draw(st.integers(1, 4)), data.draw(st.sampled_from(CLASS_COUNTS))
    draw = lambda numbers, size: data.draw(st.lists(numbers, min_size=size, max_size=size))  # noqa: E731
    pred = torch.tensor(draw(numbers, n * classes), dtype=dtype).reshape(n, classes)
    if isinstance(loss, ClassLoss):
        kept = [k for k in range(classes) if k != getattr(loss, "ignore_index", None)]
        target = torch.tensor([*draw(st.integers(0, classes - 1), n - 1), data.draw(st.sampled_from(kept or [0]))])
        if not kept:
            return
        loss = with_classes(loss, classes)
        pred = pred.log_softmax(-1) if isinstance(loss, NLL) else pred
    else:
        kind = numbers
        kind = st.sampled_from([-1.0, 1.0]) if isinstance(loss, MarginLoss) else kind
        kind = st.floats(0, 1, width=32) if isinstance(loss, BinaryCrossEntropy) else kind
        target = torch.tensor(draw(kind, n * classes), dtype=dtype).reshape(n, classes)
    assert_as_torch(loss, pred, target)


def test_a_large_logit_that_is_nearly_right_keeps_its_digits() -> None:
    """In float32 the difference of z and y z, each 4,000, has lost two of the six digits that remain of it."""
    pred, target = torch.tensor([[0.0] * 9 + [4104.875]]), torch.tensor([[0.0] * 9 + [0.998046875]])
    assert_as_torch(BinaryCrossEntropy(), pred, target)
    assert_as_torch(BinaryCrossEntropy(), -pred, 1 - target)


SMOOTH = ("mse", "huber", "narrow huber", "log-cosh", "binary cross-entropy", "binary cross-entropy, weighted")


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivatives_of_element_losses_are_torchs(name: str) -> None:
    loss = replace(VARIANTS[name], reduction="sum")
    for _, pred, target in points(loss, torch.float64):
        for call in (loss.value, twin(loss, torch.float64)):
            z = pred.clone().requires_grad_()
            (slope,) = torch.autograd.grad(call(z, target), z, create_graph=True)
            (curvature,) = torch.autograd.grad(slope.sum(), z)
            if call == loss.value:
                ours = curvature
        torch.testing.assert_close(ours, curvature, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["cross-entropy", "label smoothing", "cross-entropy, weighted"])
def test_the_hessian_of_the_cross_entropy_is_torchs_at_ties(name: str) -> None:
    for loss, pred, target in points(VARIANTS[name], torch.float64):
        ours, theirs = (
            torch.autograd.functional.hessian(lambda z, call=call: call(z, target), pred)  # noqa: B023
            for call in (loss.value, twin(loss, torch.float64))
        )
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weights", [None, (0.5, 2.0, 1.0)])
def test_infinite_logits_give_what_torch_gives(smoothing: float, weights: Any) -> None:
    inf = float("inf")
    loss = SoftmaxCrossEntropy("none", weights, smoothing)
    rows = [[0.0, -inf, 0.0], [-inf, -inf, 3.0], [-inf, -inf, -inf], [inf, 0.0, 0.0], [inf, inf, 0.0], [inf, -inf, 0.0]]
    for row, label in product(rows, range(3)):
        pred, target = torch.tensor([row], dtype=torch.float64), torch.tensor([label])
        value, slope = by_autograd(loss.value, pred, target)
        theirs, their_slope = by_autograd(twin(loss, torch.float64), pred, target)
        torch.testing.assert_close(value, theirs, equal_nan=True)
        torch.testing.assert_close(slope, their_slope, equal_nan=True)
        torch.testing.assert_close(slope, loss.grad(pred, target), equal_nan=True)


@precisions
def test_log_cosh_is_exact_for_small_residuals_and_finite_for_large_ones(dtype: torch.dtype) -> None:
    small = torch.tensor([1e-2, 1e-3, 1e-4, 3e-5, 1e-6, 1e-10, 1e-15], dtype=dtype)
    for loss in (LogCosh("none").value, LogCosh("none").to_torch()):
        for sign in (1, -1):
            value, slope = by_autograd(loss, sign * small, torch.zeros_like(small))
            torch.testing.assert_close(value, small**2 / 2, rtol=1e-4, atol=0)
            torch.testing.assert_close(slope, torch.tanh(sign * small), rtol=1e-5, atol=0)
        residuals = torch.cat([torch.linspace(-30, 30, 100_001, dtype=dtype), torch.tensor([1e30, -1e30], dtype=dtype)])
        value, slope = by_autograd(loss, residuals, torch.zeros_like(residuals))
        assert value.min() >= 0
        assert value.isfinite().all()
        torch.testing.assert_close(slope, torch.tanh(residuals), rtol=1e-5, atol=1e-6)


def test_a_small_probability_keeps_its_digits() -> None:
    z = np.array([-20.0, -80.0], dtype=np.float32)
    slope = BinaryCrossEntropy("none").grad(z, np.zeros_like(z))
    np.testing.assert_allclose(slope, np.exp(z.astype(float)), rtol=1e-6)


@losses
def test_value_and_grad_run_within_vmap(loss: Any) -> None:
    loss = with_classes(replace(loss, reduction="none"), 4)
    pred = torch.linspace(-2, 2, 24, dtype=torch.float64).reshape(2, 3, 4)
    target = torch.tensor([[0, 1, 2], [3, 2, 0]]) if isinstance(loss, ClassLoss) else (pred > 0).double() * 2 - 1
    for method in (loss.value, loss.grad):
        torch.testing.assert_close(torch.func.vmap(method)(pred, target), method(pred, target))


@losses
def test_nan_in_a_prediction_is_nan_in_the_loss(loss: Any) -> None:
    for case, pred, target in points(replace(loss, reduction="none"), torch.float64):
        pred = torch.full_like(pred, torch.nan)
        if isinstance(loss, MultiClassHinge) and pred.shape[-1] == 1:
            continue  # with one class there is no other class that could be too near
        ignored = getattr(loss, "ignore_index", None)
        part = target != (-1 if ignored is None else ignored)
        assert case.value(pred, target)[part].isnan().all()
        assert np.isnan(case.value(pred.numpy(), target.numpy())[part.numpy()]).all()
