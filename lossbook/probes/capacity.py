"""The decisive test for a model that is too small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.probes.base import Finding, Setup, State, output_of
from lossbook.randomness import OwnGenerators

STUCK = 0.5  # loss at the end over that at the start; at most 0.5 for healthy runs, but for those at an entropy
STILL = 0.9  # loss after more steps over that before, below which it falls on; too small: at least 0.97
LR = 3e-3  # of Adam
FEW = 4  # examples to learn by heart
HELPED = 0.5  # loss with a wide net beside the model over that without; too small: at most 0.25; others: at least 0.75
STEPS = 120  # of each training


def capacity_too_small(setup: Setup) -> Finding:
    """Where the loss is stuck: learn four examples by heart, then train the fresh model, and it with a wide net beside.

    That a few examples are learned shows that the training works. That the sum of the model and a wide net learns
    what the model alone does not shows that the model is too small. Both are trained by Adam from fresh weights, with
    no penalty, so that what the training did to the model, or left out, does not count.
    """
    losses, (x, y) = np.array(setup.history.loss), (part[:FEW] for part in setup.batches[0])
    end = float(losses[-len(losses) // 4 :].mean())
    level = _ratio(end, losses[0])
    if not level > STUCK:
        return Finding(False, f"the loss is not stuck: it ends at {level:.2f} of its start")
    _, few = replace(setup, batches=((x, y),)).train(setup.start, STEPS)
    if not _ratio(few[-1], few[0]) < STUCK:
        return Finding(False, f"four examples are not learned either: {few[0]:.2g} to {few[-1]:.2g}")
    more = _end(setup, setup.now)
    if not _ratio(more, end) > STILL:
        return Finding(False, f"the loss is not stuck: {STEPS} more steps take it from {end:.2g} to {more:.2g}")
    free = replace(setup, experiment=replace(setup.experiment, penalty=None))
    alone, helped = (
        _end(free, State(model.requires_grad_(True), torch.optim.Adam(model.parameters(), lr=LR)))
        for model in (copied_model(setup.start.model), _Beside(setup.start.model, x))
    )
    reading = f"stuck at {level:.2f} of its start; Adam takes it to {alone:.2g}, with a wide net beside the model to"
    return Finding(_ratio(helped, alone) < HELPED, f"{reading} {helped:.2g}")


def _end(setup: Setup, state: State) -> float:
    """The mean loss of the last quarter of ``STEPS`` steps."""
    return float(setup.train(state, STEPS)[1][-STEPS // 4 :].mean())


class _Beside(nn.Module):
    """The sum of a model and a wide net on the flattened input, which starts at zero."""

    def __init__(self, model: nn.Module, x: Tensor) -> None:
        super().__init__()
        self.model, output = copied_model(model), output_of(model, x)
        shape = output.shape[1:]
        with torch.device("cpu"), OwnGenerators(0, torch.float32):
            last = nn.Linear(64, shape.numel())
            self.wide = nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 64), nn.ReLU(), last).to(output)
        for param in last.parameters():
            nn.init.zeros_(param)

    def forward(self, x: Tensor) -> Tensor:
        output = self.model(x)
        return output + self.wide(x.to(output)).reshape(output.shape)  # tokens are whole numbers


def _ratio(after: float, before: float) -> float:
    return float(after) / float(before) if before else float("nan")
