"""A loop without a loader: it takes its batches out of two tables, in the line of its loss."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import seeded
from torch import Tensor, nn

from lossbook.evidence import Case, watch

SIZE, FEATURES = 32, 5
Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
Taken = Callable[[Tensor, int, Tensor], Tensor]  # the rows of a batch: of a table, from a start on, in an order


def inputs(examples: int) -> Tensor:
    """(examples, 5) numbers."""
    return torch.randn(examples, FEATURES, generator=torch.Generator().manual_seed(3))


def net(outputs: int, end: nn.Module | None = None) -> nn.Sequential:
    """A small net, drawn anew."""
    return nn.Sequential(nn.Linear(FEATURES, 16), nn.ReLU(), nn.Linear(16, outputs), end or nn.Identity())


def order(examples: int) -> Tensor:
    """The numbers of all examples, shuffled."""
    return torch.randperm(examples, generator=torch.Generator().manual_seed(4))


def sliced(table: Tensor, start: int, rows: Tensor) -> Tensor:
    """The rows in their own order."""
    return table[start : start + SIZE]


def case_of(loss_of: Loss, model: Callable[[], nn.Module], y: Tensor, take: Taken = sliced) -> Case:
    """One epoch of a loop that nobody helps to see its loss.

    Args:
        loss_of: (model, inputs of a batch, targets of a batch) -> loss.
        model: makes the model.
        y: the targets of all examples.
        take: gives the rows of a batch.
    """
    x, rows = inputs(len(y)), order(len(y))
    with seeded(0):
        trained = model()
        optimizer = torch.optim.Adam(trained.parameters(), lr=0.01)
        with watch(trained, optimizer) as watching:
            for start in range(0, len(y), SIZE):
                loss = loss_of(trained, take(x, start, rows), take(y, start, rows))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()
