"""One step of our rules, in torch and in NumPy, against torch's own step, on the 1.2 M parameters of ``Net``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lossbook.models import Net
from lossbook.optim import SGD, Adam, TorchTwin, step_in_place
from lossbook.optim.torch_adapter import make_optimizer

THREADS = torch.get_num_threads()
RULES = {"SGD": SGD(lr=1e-3), "SGD with momentum": SGD(lr=1e-3, momentum=0.9), "Adam": Adam(lr=1e-4)}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_step(benchmark: Any, name: str, side: str) -> None:
    """The step alone is timed, inside a real training: its memory and caches are as the backward pass left them."""
    benchmark.group = f"{name}, one step"
    torch.manual_seed(0)
    net, rule = Net(), RULES[name]
    optimizer = make_optimizer(rule if side == "ours" else TorchTwin(rule), net.parameters())
    images, labels = torch.randn(32, 1, 28, 28), torch.randint(10, (32,))

    def backward() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(images), labels).backward()

    benchmark.pedantic(optimizer.step, setup=backward, rounds=200, warmup_rounds=20)


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_step_in_numpy(benchmark: Any, side: str) -> None:
    benchmark.group = "Adam in NumPy, one step, one thread each"
    torch.set_num_threads(1)
    rule, rng = Adam(), np.random.default_rng(0)
    arrays = [rng.normal(size=param.shape).astype(np.float32) for param in Net().parameters()]
    grads = [np.full_like(array, 1e-3) for array in arrays]
    states = [rule.init(array) for array in arrays]

    def step() -> None:
        for index, (array, grad) in enumerate(zip(arrays, grads, strict=True)):
            states[index] = step_in_place(rule, grad, states[index], array)

    params = [torch.nn.Parameter(torch.tensor(array)) for array in arrays]
    for param, grad in zip(params, grads, strict=True):
        param.grad = torch.tensor(grad)
    try:
        benchmark.pedantic(step if side == "ours" else rule.to_torch(params).step, rounds=200, warmup_rounds=20)
    finally:
        torch.set_num_threads(THREADS)
