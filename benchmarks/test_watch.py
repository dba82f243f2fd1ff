"""A step of a watched training against the same step unwatched, in pairs, one after the other, on the same weights."""

from __future__ import annotations

import contextlib
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

PAIRS = {"Net": 6, "784-64-10": 60}  #: of short trainings, watched and not
STEPS = {"Net": 12, "784-64-10": 120}
MOST = {"Net": 1.05, "784-64-10": 1.5}


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def median_step(name: str, watched: bool) -> float:
    """Seconds of a step of Adam at batch 64, a loop's own lines, the first steps left out."""
    torch.manual_seed(0)
    model = Net() if name == "Net" else mlp()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    images, labels = torch.rand(64, 1, 28, 28), torch.randint(10, (64,))
    seconds = []
    with watch(model, optimizer) if watched else contextlib.nullcontext():
        for _ in range(STEPS[name]):
            begin = time.perf_counter()
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            seconds.append(time.perf_counter() - begin)
    return float(np.median(seconds[len(seconds) // 4 :]))


@pytest.mark.parametrize("name", PAIRS)
def test_watched_step(name: str, within: Callable[[str, float, float, str], Any]) -> None:
    median_step(name, watched=True)  # warm
    ratios = [median_step(name, watched=True) / median_step(name, watched=False) for _ in range(PAIRS[name])]
    within(f"a step of {name} at batch 64, watched, to one unwatched", float(np.median(ratios)), MOST[name], "×")
