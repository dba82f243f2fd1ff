"""One contract for every row of PENALTIES; a new row gets all of it."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
import torch

import lossbook.penalties
from lossbook.penalties import L1, L2, PENALTIES, ElasticNet

rows = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES.keys())
methods = pytest.mark.parametrize("method", ["value", "grad"])


def weights(dtype: str = "float64", seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(4, 3)).astype(dtype)


@rows
@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_gradient_is_the_slope_of_the_value(penalty: Any, strength: float) -> None:
    penalty, theta, h = replace(penalty, strength=strength), weights(), 1e-6
    assert np.abs(theta).min() > 10 * h  # away from the kink
    slopes = np.empty_like(theta)
    for index in np.ndindex(theta.shape):
        step = np.zeros_like(theta)
        step[index] = h
        slopes[index] = (penalty.value(theta + step) - penalty.value(theta - step)) / (2 * h)
    np.testing.assert_allclose(penalty.grad(theta), slopes, atol=1e-8)


@rows
def test_autograd_through_our_value_is_our_gradient(penalty: Any) -> None:
    theta = weights()
    theta[0] = 0.0
    tensor = torch.tensor(theta, requires_grad=True)
    penalty.value(tensor).backward()
    assert tensor.grad is not None
    np.testing.assert_allclose(tensor.grad, penalty.grad(theta), rtol=1e-14)


@rows
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_and_tensors_give_the_same_in_their_own_dtype(penalty: Any, dtype: str) -> None:
    theta = weights(dtype)
    before, tensor = theta.copy(), torch.tensor(theta)
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    for method, shape in (("value", ()), ("grad", (4, 3))):
        ours, theirs = getattr(penalty, method)(theta), getattr(penalty, method)(tensor)
        assert ours.dtype == theta.dtype
        assert theirs.dtype == tensor.dtype
        assert ours.shape == tuple(theirs.shape) == shape
        np.testing.assert_allclose(ours, theirs, rtol=tolerance)
    np.testing.assert_array_equal(theta, before)
    np.testing.assert_array_equal(tensor, before)


@rows
def test_nothing_pulls_at_zero_and_nan_passes_through(penalty: Any) -> None:
    zero = np.zeros(3)
    assert penalty.value(zero) == 0
    assert penalty.grad(zero).tolist() == torch.as_tensor(penalty.grad(torch.zeros(3))).tolist() == [0.0, 0.0, 0.0]
    for broken in (np.array([1.0, np.nan]), torch.tensor([1.0, np.nan])):
        assert np.isnan(float(penalty.value(broken)))
        assert np.isnan(np.asarray(penalty.grad(broken))).tolist() == [False, True]


@rows
def test_a_penalty_is_a_value(penalty: Any) -> None:
    again = eval(repr(penalty), vars(lossbook.penalties))
    assert again == penalty == pickle.loads(pickle.dumps(penalty))
    assert hash(again) == hash(penalty)
    assert replace(penalty, strength=0.5) != penalty
    with pytest.raises(FrozenInstanceError):
        penalty.strength = 0.5


@rows
@methods
def test_what_does_not_fit_is_refused(penalty: Any, method: str) -> None:
    call = getattr(penalty, method)
    with pytest.raises(TypeError, match="param must be a NumPy array or a torch tensor, got list."):
        call([1.0])
    with pytest.raises(TypeError, match="param must have a floating dtype, got int64."):
        call(np.ones(3, dtype=np.int64))
    with pytest.raises(ValueError, match=r"strength must lie in \[0, inf\), got -1.0."):
        replace(penalty, strength=-1.0)
    with pytest.raises(TypeError, match="strength must be a Python number, got None of type NoneType."):
        replace(penalty, strength=None)


def test_the_share_of_l1_lies_between_none_and_all() -> None:
    with pytest.raises(ValueError, match=r"l1_share must lie in \[0, 1\], got 1.5."):
        ElasticNet(l1_share=1.5)


def test_numbers_worked_out_by_hand() -> None:
    theta = np.array([[2.0, -3.0], [0.0, 1.0]])
    assert L1(strength=0.5).value(theta) == 3.0  # ½ (2 + 3 + 0 + 1)
    assert L1(strength=0.5).grad(theta).tolist() == [[0.5, -0.5], [0.0, 0.5]]
    assert L2(strength=0.5).value(theta) == 7.0  # ½ (4 + 9 + 0 + 1)
    assert L2(strength=0.5).grad(theta).tolist() == [[2.0, -3.0], [0.0, 1.0]]
    mixed = ElasticNet(strength=2.0, l1_share=0.25)
    assert mixed.value(theta) == 24.0  # 2 (¼ · 6 + ¾ · 14)
    assert mixed.grad(theta).tolist() == [[6.5, -9.5], [0.0, 3.5]]  # 2 (¼ sign + 1.5 θ)


@methods
def test_an_elastic_net_reaches_from_l2_to_l1(method: str) -> None:
    theta = weights()
    for share, pure in ((0.0, L2(strength=0.3)), (1.0, L1(strength=0.3))):
        mixed = ElasticNet(strength=0.3, l1_share=share)
        np.testing.assert_allclose(getattr(mixed, method)(theta), getattr(pure, method)(theta), rtol=1e-14)


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
def test_l2_is_torchs_weight_decay_of_twice_the_strength(optimizer: Any) -> None:
    penalty = L2(strength=0.05)
    assert penalty.weight_decay == 0.1
    grads = np.random.default_rng(1).normal(size=(20, 4, 3))
    ours, theirs = torch.nn.Parameter(torch.tensor(weights())), torch.nn.Parameter(torch.tensor(weights()))
    plain, decaying = optimizer([ours], lr=0.1), optimizer([theirs], lr=0.1, weight_decay=penalty.weight_decay)
    for grad in grads:
        ours.grad = torch.tensor(grad) + penalty.grad(ours.detach())
        theirs.grad = torch.tensor(grad)
        plain.step()
        decaying.step()
    np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=1e-12, atol=1e-12)
    assert np.abs(theirs.detach().numpy() - weights()).max() > 0.1  # the weights have moved


@rows
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_summed_in_single(penalty: Any, dtype: torch.dtype) -> None:
    theta = torch.full((1000,), 300.0, dtype=dtype, requires_grad=True)
    value, exact = penalty.value(theta), penalty.value(theta.detach().float())
    assert value.dtype == dtype
    assert torch.equal(value, exact.to(dtype))
    assert torch.isfinite(value)
    (slope,) = torch.autograd.grad(value, theta)
    torch.testing.assert_close(penalty.grad(theta.detach()), slope)
    assert penalty.grad(theta.detach()).dtype == dtype


@rows
def test_numpys_numbers_do_not_change_the_dtype(penalty: Any) -> None:
    theta = np.ones(3, np.float32)
    other = replace(penalty, strength=np.float64(0.5))
    assert other.value(theta).dtype == other.grad(theta).dtype == np.float32
