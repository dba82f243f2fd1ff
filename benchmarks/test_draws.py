"""What random numbers of one's own cost a training step: those of the mode, and those of lent generators."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lossbook.randomness import OwnGenerators, lent_draws

ROUNDS, STEPS = 15, 60
WAYS = {"lent generators": (lambda: lent_draws(0), 1.25), "generators of its own": (lambda: OwnGenerators(0), 4.0)}


def steps(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    x, y = torch.ones(32, 20), torch.zeros(32, dtype=torch.long)
    for _ in range(STEPS):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


@pytest.mark.parametrize("way", WAYS)
def test_step_of_a_small_net(way: str, within: Callable[[str, float, float, str], Any]) -> None:
    """Adam, 20-64-64-3, batch 32, one thread: rounds of steps beside rounds of the same steps without."""
    around, most = WAYS[way]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    seconds = np.empty((ROUNDS, 2))
    for round_ in range(ROUNDS):
        begin = time.perf_counter()
        steps(model, optimizer)
        between = time.perf_counter()
        with around():
            steps(model, optimizer)
        seconds[round_] = time.perf_counter() - between, between - begin
    torch.set_num_threads(threads)
    with_it, without = seconds[2:].T
    within(f"a step of a small net with {way}, to one without, one thread", np.median(with_it / without), most, "×")
