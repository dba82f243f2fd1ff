"""Programs that nobody here has seen: a model, a loss, an optimiser, batches and five plain lines, as a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from lossbook.evidence import Batch, Case, Log, Series, Snapshot, pair_loss


def trained(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Callable[[Any, Any], Any],
    batches: Sequence[Batch],
    steps: int = 60,
    held_out: Batch | None = None,
    seed: int = 0,
) -> Case:
    """The case of a plain loop of ``steps`` steps on these batches, over and over."""
    start, losses = Snapshot(model, (optimizer,)).copy(), []
    torch.manual_seed(seed)
    for step in range(steps):
        batch = batches[step % len(batches)]
        optimizer.zero_grad()
        value = loss(batch.output(model), batch.target)
        value.backward()
        optimizer.step()
        losses.append(float(value.detach()))
    now = Snapshot(model, (optimizer,)).copy()
    return Case(start, now, tuple(batches), held_out, loss, pair_loss(loss), Log(loss=Series.of(losses)))
