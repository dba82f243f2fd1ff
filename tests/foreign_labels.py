"""Programs of many kinds with a fault in their labels, and the same ones without it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import seeded, trained
from foreign_data import dense, split
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case


class Words(nn.Module):
    """The class of a sequence of tokens."""

    def __init__(self, tokens: int, classes: int) -> None:
        super().__init__()
        self.words, self.gru = nn.Embedding(tokens, 12), nn.GRU(12, 24, batch_first=True)
        self.head = nn.Linear(24, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.gru(self.words(tokens))[0].mean(1))


def sentences(n: int, classes: int = 4) -> tuple[Tensor, Tensor]:
    """Tokens, half of them out of a part of the vocabulary that is the class's own."""
    y = torch.randint(classes, (n,))
    own = torch.randint(5, (n, 12)) + 5 * y[:, None]
    return torch.where(torch.rand(n, 12) < 0.5, own, torch.randint(5 * classes, (n, 12))), y


def texts(seed: int, labels: Callable[[Tensor], Tensor], epochs: int = 2) -> Case:
    """A GRU that sorts texts, with what was done to the labels of the training."""
    with seeded(seed):
        x, y = sentences(1600)
        model = Words(20, 4)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        batches = split(x[:1280], labels(y[:1280]))
        return trained(model, optimizer, F.cross_entropy, batches, 40 * epochs, Batch.of(x[1280:], y[1280:]))


def half_wrong(y: Tensor) -> Tensor:
    return torch.where(torch.rand(len(y)) < 0.5, torch.randint(4, (len(y),)), y)


def scored(seed: int, shift: int) -> Case:
    """Regression on a table whose targets may have slipped by some rows."""
    with seeded(seed):
        x = torch.randn(1600, 4)
        y = torch.tanh(x[:, :1]) + x[:, 1:2]
        y[:1280] = y[:1280].roll(shift, 0)
        model = dense(1, 4, nn.ReLU)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        return trained(model, optimizer, F.mse_loss, split(x[:1280], y[:1280]), 80, Batch.of(x[1280:], y[1280:]))


def alarms(seed: int, share: float, lr: float) -> Case:
    """Convolutions that look for a bump in a signal: one logit, and few signals have one."""
    with seeded(seed):
        y = (torch.rand(1600, 1) < share).float()
        x = 0.7 * torch.randn(1600, 1, 32)
        bumps = torch.nonzero(y[:, 0])[:, 0]
        for row, place in zip(bumps.tolist(), torch.randint(26, (len(bumps),)).tolist(), strict=True):
            x[row, 0, place : place + 6] += 1.2
        model = nn.Sequential(nn.Conv1d(1, 8, 6), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(8, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        batches = split(x[:1280], y[:1280], 64)
        held_out = Batch.of(x[1280:], y[1280:])
        return trained(model, optimizer, F.binary_cross_entropy_with_logits, batches, 60, held_out)


#: the cause -> a program that has it, for a seed
FOREIGN: dict[str, Callable[[int], Case]] = {
    "labels-misaligned": lambda seed: scored(seed, 1),
    "noisy-labels": lambda seed: texts(seed, half_wrong),
    "class-imbalance": lambda seed: alarms(seed, 0.03, 0.01),
}
#: the cause -> the same program without it
HEALTHY: dict[str, Callable[[int], Case]] = {
    "labels-misaligned": lambda seed: scored(seed, 0),
    "noisy-labels": lambda seed: texts(seed, lambda y: y),
    "class-imbalance": lambda seed: alarms(seed, 0.2, 0.1),
}
