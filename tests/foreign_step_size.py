"""Programs of other kinds whose learning rate is not right, and the same ones with one that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from foreign import seeded, watched
from foreign_data import split
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case

STEPS = 60


def plain(model: nn.Module, optimizer: Any, loss: Callable[..., Tensor], batches: Sequence[Batch]) -> None:
    """The five lines."""
    for step in range(STEPS):
        batch = batches[step % len(batches)]
        optimizer.zero_grad()
        loss(model(*batch.inputs), batch.target).backward()
        optimizer.step()


def regression(seed: int, lr: float) -> Case:
    """A table, by gradient descent."""
    with seeded(seed):
        x = torch.randn(960, 12)
        y = x[:, :3].sum(1, keepdim=True) + x[:, 3:4] * x[:, 4:5]
        model = nn.Sequential(nn.Linear(12, 32), nn.Tanh(), nn.Linear(32, 1))
        return watched(model, torch.optim.SGD(model.parameters(), lr=lr), F.mse_loss, split(x, y), plain)


def autoencoder(seed: int, lr: float) -> Case:
    """An autoencoder of mixtures, by Adam."""
    with seeded(seed):
        x = torch.randn(960, 4) @ torch.randn(4, 16) / 2
        model = nn.Sequential(nn.Linear(16, 12), nn.SiLU(), nn.Linear(12, 16))
        return watched(model, torch.optim.Adam(model.parameters(), lr=lr), F.mse_loss, split(x, x), plain)


class Counter(nn.Module):
    """Which of eight tokens stands most often in a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.gru, self.head = nn.Embedding(8, 16), nn.GRU(16, 24, batch_first=True), nn.Linear(24, 8)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.gru(self.words(tokens))[0].mean(1))


def scheduled(seed: int, gamma: float) -> Case:
    """A scheduler that is meant for epochs and is called at every step."""
    with seeded(seed):
        tokens = torch.randint(8, (960, 9))
        y = F.one_hot(tokens, 8).sum(1).argmax(1)
        model = Counter()
        optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma)

        def loop(model: nn.Module, optimizer: Any, loss: Callable[..., Tensor], batches: Sequence[Batch]) -> None:
            for step in range(STEPS):
                batch = batches[step % len(batches)]
                optimizer.zero_grad()
                loss(model(*batch.inputs), batch.target).backward()
                optimizer.step()
                scheduler.step()

        return watched(model, optimizer, nn.CrossEntropyLoss(), split(tokens, y), loop)


#: the cause -> a program that has it, for a seed
FOREIGN: dict[str, Callable[[int], Case]] = {
    "lr-too-high": lambda seed: regression(seed, 3.0),
    "lr-too-low": lambda seed: autoencoder(seed, 1e-6),
    "schedule-decays-too-early": lambda seed: scheduled(seed, 0.7),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "lr-too-high": lambda seed: regression(seed, 0.05),
    "lr-too-low": lambda seed: autoencoder(seed, 0.01),
    "schedule-decays-too-early": lambda seed: scheduled(seed, 0.999),
}
