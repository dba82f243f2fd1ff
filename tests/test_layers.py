"""One contract for every row of LAYERS, and what dropout does."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
import torch

import lossbook.layers
from lossbook.layers import LAYERS, Dropout

rows = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@rows
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_and_tensors_give_the_same_in_their_own_dtype(layer: Any, dtype: str, train: bool) -> None:
    x = rng(1).normal(size=(5, 4, 3)).astype(dtype)
    before, tensor = x.copy(), torch.tensor(x)
    ours, theirs = layer.apply(x, rng(), train), layer.apply(tensor, rng(), train)
    assert ours.dtype == x.dtype
    assert theirs.dtype == tensor.dtype
    assert ours.shape == tuple(theirs.shape) == x.shape
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(tensor, before)
    np.testing.assert_array_equal(layer.apply(x, rng(), train), ours)  # the same rng, the same result


@rows
def test_in_evaluation_nothing_happens(layer: Any) -> None:
    x, generator = rng(1).normal(size=(5, 4)), rng()
    np.testing.assert_array_equal(layer.apply(x, generator, train=False), x)
    assert generator.random() == rng().random()  # untouched
    np.testing.assert_array_equal(layer.to_torch().eval()(torch.tensor(x)), x)


@rows
def test_a_layer_is_a_value(layer: Any) -> None:
    again = eval(repr(layer), vars(lossbook.layers))
    assert again == layer == pickle.loads(pickle.dumps(layer))
    assert hash(again) == hash(layer)
    with pytest.raises(FrozenInstanceError):
        layer.p = 0.1


@rows
def test_what_does_not_fit_is_refused(layer: Any) -> None:
    with pytest.raises(TypeError, match="x must be a NumPy array or a torch tensor, got list."):
        layer.apply([1.0], rng(), True)
    with pytest.raises(TypeError, match="x must have a floating dtype, got int64."):
        layer.apply(np.ones(3, dtype=np.int64), rng(), True)
    with pytest.raises(TypeError, match="train must be True or False, got 1."):
        layer.apply(np.ones(3), rng(), 1)
    with pytest.raises(TypeError, match=r"rng must have a method random\(\), got 0."):
        layer.apply(np.ones(3), 0, True)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, r"p must lie in \[0, 1\), got 1.0."),
        (-0.1, r"p must lie in \[0, 1\), got -0.1."),
        ("half", "p must be a Python number, got 'half' of type str."),
    ],
)
def test_a_share_below_one(p: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        Dropout(p)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_a_share_p_is_dropped_and_the_mean_stays(p: float) -> None:
    n = 100_000
    mask = Dropout(p).mask((n,), rng())
    assert mask.dtype == np.float64
    assert set(mask) <= {0.0, 1 / (1 - p)}
    dropped = (mask == 0).mean()
    assert abs(dropped - p) <= 4 * np.sqrt(p * (1 - p) / n)  # four standard errors
    assert abs(mask.mean() - 1) <= 4 * np.sqrt(p / (1 - p) / n)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_torchs_dropout_keeps_the_same_values_and_as_many(p: float) -> None:
    n, x = 100_000, rng(1).normal(size=100_000)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = Dropout(p).to_torch()(torch.tensor(x)).numpy()
    ours = Dropout(p).apply(x, rng(), train=True)
    for out in (ours, theirs):
        kept = out != 0
        np.testing.assert_allclose(out[kept], x[kept] / (1 - p), rtol=1e-14)
        assert abs(kept.mean() - (1 - p)) <= 4 * np.sqrt(p * (1 - p) / n)


def test_backwards_it_is_the_same_mask() -> None:
    dropout, x = Dropout(0.4), torch.tensor(rng(1).normal(size=(6, 5)), requires_grad=True)
    grad = torch.tensor(rng(2).normal(size=(6, 5)))
    dropout.apply(x, rng(), train=True).backward(grad)
    mask = dropout.mask((6, 5), rng())
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad, mask * grad.numpy())
    assert 0 < (mask == 0).sum() < mask.size


@pytest.mark.parametrize("p", [0, 0.0, 0.1, 0.5, 0.99999])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_rounded_once(p: float, dtype: torch.dtype) -> None:
    x = torch.cat([torch.tensor([0.0, 1e-4, 0.3]), torch.linspace(-2, 2, 997)]).to(dtype)
    ours = Dropout(p).apply(x, rng(), train=True)
    assert ours.dtype == dtype
    assert torch.equal(ours, Dropout(p).apply(x.float(), rng(), train=True).to(dtype))
    assert not ours.isnan().any()  # 1 / (1 - p) is infinite in float16, and 0 times infinity would be NaN


def test_dropping_nothing_changes_nothing() -> None:
    for p in (0, 0.0):
        x = rng(1).normal(size=(5, 4)).astype(np.float32)
        np.testing.assert_array_equal(Dropout(p).apply(x, rng(), train=True), x)
    assert Dropout(0.5).mask((2, 3), rng()).dtype == np.float64
    assert Dropout(0.5).apply(np.zeros((0, 3)), rng(), train=True).shape == (0, 3)
    for wrong in (1, 1.0, -0.1, float("nan")):
        with pytest.raises(ValueError, match=r"p must lie in \[0, 1\), got"):
            Dropout(wrong)
