"""A step of a watched training against the next step of the same training unwatched, in pairs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lossbook.evidence import watch
from lossbook.models import Net

ROWS = {  # model, pairs of steps, the most that a watched step may take of an unwatched one
    "Net": (Net, 60, 1.05),
    "784-64-10": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10)), 800, 1.5),
}


@pytest.mark.parametrize("name", ROWS)
def test_watched_step(name: str, within: Callable[[str, float, float, str], Any]) -> None:
    """Adam at batch 64, the loop's own lines. A fifth of the pairs is left out: the first batches are kept."""
    build, pairs, most = ROWS[name]
    torch.manual_seed(0)
    models = [build(), build()]
    optimizers = [torch.optim.Adam(model.parameters(), lr=1e-3) for model in models]
    images, labels = torch.rand(64, 1, 28, 28), torch.randint(10, (64,))
    seconds = np.empty((pairs, 2))
    with watch(models[0], optimizers[0], max_batches=pairs // 10):
        for pair in range(pairs):
            for side, (model, optimizer) in enumerate(zip(models, optimizers, strict=True)):
                begin = time.perf_counter()
                optimizer.zero_grad()
                F.cross_entropy(model(images), labels).backward()
                optimizer.step()
                seconds[pair, side] = time.perf_counter() - begin
    watched, unwatched = seconds[pairs // 5 :].T
    within(f"a step of {name} at batch 64, watched, to one unwatched", np.median(watched / unwatched), most, "×")
