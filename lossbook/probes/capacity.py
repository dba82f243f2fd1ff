"""The decisive test for a model that is too small."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.probes.base import Finding, Setup, State

STUCK = 0.5  # loss at the end over that at the start; at most 0.5 for healthy runs, but for those at an entropy
STILL = 0.9  # loss after more steps over that before, below which it falls on; too small: at least 0.97
FEW = 4  # examples to learn by heart
HELPED = 0.7  # loss with a wide net beside the model over that without; at an entropy: 1.0; too small: 0.3
STEPS = 120  # of each of the three trainings


def capacity_too_small(setup: Setup) -> Finding:
    """Where the loss is stuck: learn four examples by heart, then train on with a wide net beside the model.

    That a few examples are learned shows that the training works. That the sum of the model and a wide net learns
    what the model alone does not shows that the model is too small.
    """
    losses, (x, y) = np.array(setup.history.loss), (part[:FEW] for part in setup.batches[0])
    end = float(losses[-len(losses) // 4 :].mean())
    level = _ratio(end, losses[0])
    if not level > STUCK:
        return Finding(False, f"the loss is not stuck: it ends at {level:.2f} of its start")
    _, few = replace(setup, batches=((x, y),)).train(setup.start, STEPS)
    if not _ratio(few[-1], few[0]) < STUCK:
        return Finding(False, f"four examples are not learned either: {few[0]:.2g} to {few[-1]:.2g}")
    tail = slice(-STEPS // 4, None)
    alone = float(setup.train(setup.now, STEPS)[1][tail].mean())
    if not _ratio(alone, end) > STILL:
        return Finding(False, f"the loss is not stuck: {STEPS} more steps take it from {end:.2g} to {alone:.2g}")
    beside = _Beside(setup.now.model, x)
    optimizer = torch.optim.Adam(beside.parameters(), lr=3e-3)
    helped = float(setup.train(State(beside, optimizer), STEPS)[1][tail].mean())
    reading = f"stuck at {level:.2f} of its start; a wide net beside the model takes {alone:.2g} to {helped:.2g}"
    return Finding(_ratio(helped, alone) < HELPED, reading)


class _Beside(nn.Module):
    """The sum of a model and a wide net on the flattened input, which starts at zero."""

    def __init__(self, model: nn.Module, x: Tensor) -> None:
        super().__init__()
        self.model = copy.deepcopy(model)
        with torch.no_grad():
            shape = copy.deepcopy(model)(x).shape[1:]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            last = nn.Linear(64, shape.numel())
            self.wide = nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 64), nn.ReLU(), last).to(x)
        for param in last.parameters():
            nn.init.zeros_(param)

    def forward(self, x: Tensor) -> Tensor:
        output = self.model(x)
        return output + self.wide(x).reshape(output.shape)


def _ratio(after: float, before: float) -> float:
    return float(after) / float(before)
