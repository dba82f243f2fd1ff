"""Small trainings that somebody has written in plain torch, as cases; and what a mend must do to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case, Log, Series, Snapshot, pair_loss, watch


@contextmanager
def seeded(seed: int) -> Iterator[torch.Generator]:
    """Models and batches made within are those of this seed."""
    with torch.random.fork_rng():
        yield torch.manual_seed(seed)


def trained(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Callable[[Any, Any], Tensor],
    batches: Sequence[Batch],
    steps: int,
    held_out: Batch | None = None,
    seed: int = 0,
) -> Case:
    """Train in plain lines, and hold what a watch would see of it."""
    start, losses, held = Snapshot(model, (optimizer,)).copy(), list[float](), list[float]()
    with seeded(seed):
        for step in range(steps):
            batch = batches[step % len(batches)]
            if held_out is not None and step % 10 == 0:
                with torch.no_grad():
                    held.append(float(loss(held_out.output(model.eval()), held_out.target)))
            optimizer.zero_grad()
            value = loss(batch.output(model.train()), batch.target)
            value.backward()
            optimizer.step()
            losses.append(value.item())
    log = Log(loss=Series.of(losses), val_loss=Series(tuple(range(0, 10 * len(held), 10)), tuple(held)))
    return Case(start, Snapshot(model, (optimizer,)), tuple(batches), held_out, loss, pair_loss(loss), log)


def watched(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Callable[[Any, Any], Tensor],
    batches: Sequence[Batch],
    loop: Callable[[nn.Module, torch.optim.Optimizer, Callable[..., Tensor], Sequence[Batch]], None],
    held_out: Batch | None = None,
) -> Case:
    """What a watch sees of a loop of somebody's own."""
    with watch(model, optimizer, loss_fn=loss) as watching:
        loop(model, optimizer, loss, batches)
    return replace(watching.case(), held_out=held_out)
