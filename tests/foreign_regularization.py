"""Programs of many kinds that are held back too much or too little, and the same ones as they should be."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import seeded, trained
from foreign_data import split, table
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case


def decayed(seed: int, weight_decay: float) -> Case:
    """An autoencoder of mixtures, with AdamW."""
    with seeded(seed):
        x = torch.randn(960, 4) @ torch.randn(4, 16) / 2
        model = nn.Sequential(nn.Linear(16, 12), nn.SiLU(), nn.Linear(12, 16))
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=weight_decay)
        return trained(model, optimizer, F.mse_loss, split(x, x), 60)


class NextWord(nn.Module):
    """What follows each token of a text, (N, K, T)."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.words = nn.Embedding(8, 16)
        self.lstm = nn.LSTM(16, 24, num_layers=2, dropout=dropout, batch_first=True)
        self.drop, self.head = nn.Dropout(dropout), nn.Linear(24, 8)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.drop(self.lstm(self.words(tokens))[0])).transpose(1, 2)


def dropped(seed: int, dropout: float) -> Case:
    """A language model on tokens, each of which is the one before plus 1 or, seldom, plus 2."""
    with seeded(seed):
        tokens = (torch.randint(8, (960, 1)) + torch.cumsum(1 + (torch.rand(960, 9) < 0.1).long(), 1)) % 8
        model = NextWord(dropout)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        return trained(model, optimizer, F.cross_entropy, split(tokens[:, :-1], tokens[:, 1:]), 60)


def by_heart(seed: int, examples: int) -> Case:
    """Yes or no from a table, with a net that is wide for it."""
    with seeded(seed):
        x, y = table(examples + 320)
        y = (y + 0.5 * torch.randn_like(y) > 0).float()
        model = nn.Sequential(nn.Linear(12, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        held_out = Batch.of(x[examples:], y[examples:])
        batches = split(x[:examples], y[:examples])
        return trained(model, optimizer, F.binary_cross_entropy_with_logits, batches, 200, held_out)


#: the cause -> a program that has it, for a seed
FOREIGN: dict[str, Callable[[int], Case]] = {
    "weight-decay-too-strong": lambda seed: decayed(seed, 30.0),
    "dropout-too-high": lambda seed: dropped(seed, 0.95),
    "overfitting": lambda seed: by_heart(seed, 64),
}
#: the cause -> the same program without it
HEALTHY: dict[str, Callable[[int], Case]] = {
    "weight-decay-too-strong": lambda seed: decayed(seed, 0.01),
    "dropout-too-high": lambda seed: dropped(seed, 0.2),
    "overfitting": lambda seed: by_heart(seed, 1920),
}
