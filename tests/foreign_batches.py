"""Programs of other kinds whose batches are not read as they should be, and the same ones with those that are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from foreign import seeded
from foreign_data import dense, split, table
from torch.nn import functional as F

from lossbook.evidence import Case, watch

STEPS = 60


def taken(seed: int, of_each_step: bool) -> Case:
    """Regression on a table, for so many steps; the next batch is taken from an iterator, which is new at each step."""
    with seeded(seed):
        batches = split(*table(960))
        model = dense(1)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        kept: Iterator[Any] = iter(())
        with watch(model, optimizer, loss_fn=F.mse_loss, data=batches) as seen:
            for _ in range(STEPS):
                batch = next(iter(batches) if of_each_step else kept, None)
                if batch is None:
                    kept = iter(batches)
                    batch = next(kept)
                optimizer.zero_grad()
                F.mse_loss(model(*batch.inputs), batch.target).backward()
                optimizer.step()
        return seen.case()


#: the cause -> a program that has it, for a seed
FOREIGN: dict[str, Callable[[int], Case]] = {
    "same-batch-repeated": lambda seed: taken(seed, of_each_step=True),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "same-batch-repeated": lambda seed: taken(seed, of_each_step=False),
}
