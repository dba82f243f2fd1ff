"""The norms that a run records overflow, or lose entries, only where the weights themselves do."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from lossbook import Experiment, run, sweep
from lossbook.data import Digits
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP, NumPyMLP
from lossbook.norms import norm, row_norms
from lossbook.optim import SGD
from lossbook.optim.clipping import global_norm

DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES.keys())
@pytest.mark.parametrize("size", ["large", "small", "one"])
def test_a_norm_is_right_at_both_ends_of_a_dtype(dtype: torch.dtype, size: str) -> None:
    limits = torch.finfo(dtype)
    entry = {"large": limits.max / 4, "small": limits.smallest_normal, "one": 1.0}[size]
    a, b = torch.full((2, 3), entry, dtype=dtype), torch.full((3,), -entry, dtype=dtype)
    expected = 3 * float(b[0].abs())
    for got in (norm([a, b]), global_norm({"a": a, "b": b}), row_norms(torch.cat([a.flatten(), b])[None])[0]):
        assert float(got) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("values", [[], [0.0, 0.0], [math.inf, 1.0], [math.nan, 1.0], [math.nan, math.inf]])
def test_nothing_zero_infinity_and_nan_have_the_norm_that_torch_gives(dtype: Any, values: list[float]) -> None:
    array = np.array(values, dtype)
    expected = torch.linalg.vector_norm(torch.tensor(array)).item()
    np.testing.assert_equal(float(norm([torch.tensor(array)])), expected)
    np.testing.assert_equal(global_norm({"a": array, "b": np.zeros(0, dtype)}), expected)


def test_no_tensor_has_the_norm_zero() -> None:
    assert (float(norm([])), global_norm({})) == (0.0, 0.0)


def test_rows_of_very_different_lengths_do_not_disturb_each_other() -> None:
    table = torch.tensor([[3e30, 4e30], [3e-30, 4e-30], [0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(row_norms(table), [5e30, 5e-30, 0.0, 5.0], rtol=1e-6)


HUGE = Experiment(
    data=Digits(train_size=200),
    model=MLP((784, 10)),
    loss=SoftmaxCrossEntropy(),
    optimizer=SGD(lr=1e20),  # the weights are about 1e19 after the first step, whose squares float32 does not hold
    steps=4,
    eval_every=4,
    device="cpu",
)


def test_the_update_ratio_of_huge_weights_is_finite() -> None:
    histories = [run(HUGE), run(replace(HUGE, model=NumPyMLP((784, 10)))), *sweep(HUGE, "optimizer.lr", [1e20, 2e20])]
    assert histories[2].batched
    for history in histories:
        assert all(map(math.isfinite, history.update_ratio))
        assert history.update_ratio[0] > 1e18
        assert 0 < history.update_ratio[-1] < 10
    assert histories[2].update_ratio == pytest.approx(histories[0].update_ratio, rel=1e-4)
