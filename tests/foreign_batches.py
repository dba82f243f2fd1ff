"""Programs of other kinds whose batches are not read as they should be, and the same ones with those that are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from foreign import seeded
from foreign_data import dense, split, table
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

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


class Signals(Dataset[tuple[Tensor, Tensor]]):
    """Signals that are centred and scaled when they are read: a copy of them, or what is stored."""

    def __init__(self, signals: Tensor, y: Tensor, *, in_place: bool) -> None:
        self.signals, self.y, self.in_place = signals, y, in_place

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        signal = self.signals[index] if self.in_place else self.signals[index].clone()
        signal -= 1.0
        signal /= 0.25
        return signal, self.y[index]


def signals(seed: int, in_place: bool) -> Case:
    """A number for each signal, by a convolution in time."""
    with seeded(seed):
        x = 1 + 0.25 * torch.randn(256, 1, 24)
        y = (4 * x[:, :, :8].mean(2) - 4).tanh()
        loader = DataLoader(Signals(x, y, in_place=in_place), batch_size=16, shuffle=True)
        model = nn.Sequential(nn.Conv1d(1, 8, 5), nn.ReLU(), nn.Flatten(), nn.Linear(160, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
        with watch(model, optimizer, loss_fn=F.mse_loss) as seen:
            for _ in range(4):
                for signal, level in loader:
                    optimizer.zero_grad()
                    F.mse_loss(model(signal), level).backward()
                    optimizer.step()
        return seen.case()


#: the cause -> a program that has it, for a seed
FOREIGN: dict[str, Callable[[int], Case]] = {
    "same-batch-repeated": lambda seed: taken(seed, of_each_step=True),
    "data-changed-in-place": lambda seed: signals(seed, in_place=True),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "same-batch-repeated": lambda seed: taken(seed, of_each_step=False),
    "data-changed-in-place": lambda seed: signals(seed, in_place=False),
}
