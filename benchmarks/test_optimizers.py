"""One step of our rules through the torch adapter, against torch's own step, on the 1.2 M parameters of ``Net``."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lossbook.models import Net
from lossbook.optim import SGD, Adam, TorchTwin
from lossbook.optim.torch_adapter import make_optimizer

RULES = {"SGD with momentum": SGD(lr=0.01, momentum=0.9), "Adam": Adam()}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_step(benchmark: Any, name: str, side: str) -> None:
    benchmark.group = f"{name}, one step"
    net = Net()
    for param in net.parameters():
        param.grad = torch.full_like(param, 1e-3)
    rule = RULES[name]
    optimizer = make_optimizer(rule if side == "ours" else TorchTwin(rule), net.parameters())
    benchmark.pedantic(optimizer.step, rounds=200, warmup_rounds=20)
