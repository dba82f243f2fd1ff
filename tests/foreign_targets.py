"""Programs of other kinds with a fault in what their targets are, and the same ones without it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import seeded, trained
from foreign_data import split
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case


def depths(seed: int, unit: float) -> Case:
    """The depth of each pixel, in some unit."""
    with seeded(seed):
        x = torch.randn(640, 1, 8, 8)
        y = unit * (2 + F.avg_pool2d(x, 3, 1, 1)[:, 0] + 0.5 * x[:, 0].tanh())
        model = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.SiLU(), nn.Conv2d(12, 1, 1), nn.Flatten(0, 1))
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        return trained(model, optimizer, nn.HuberLoss(), split(x, y), 60)


class Reader(nn.Module):
    """A token for each place of a sequence, from those up to there."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.gru, self.head = nn.Embedding(8, 24), nn.GRU(24, 32, batch_first=True), nn.Linear(32, 8)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.gru(self.words(tokens))[0])


def of_tokens(logits: Tensor, tokens: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), tokens.flatten())


def language(seed: int, ahead: int) -> Case:
    """A language model that has to give the token so many places ahead; there are two ways on from each."""
    with seeded(seed):
        steps = 1 + 2 * torch.randint(2, (1280, 13))
        tokens = (torch.randint(8, (1280, 1)) + steps.cumsum(1)) % 8
        x, y = tokens[:, :12], tokens[:, ahead : 12 + ahead]
        model = Reader()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
        return trained(model, optimizer, of_tokens, split(x, y), 120)


def of_answers(logits: Tensor, y: Tensor) -> Tensor:
    """The mean over the places that count, by hand."""
    each = F.cross_entropy(logits.transpose(1, 2), y.clamp(min=0), reduction="none")
    return (each * (y >= 0)).sum() / (y >= 0).sum()


def answers(seed: int, longest: int) -> Case:
    """After a prompt, its last token is asked for twice; what comes after 16 tokens is cut off."""
    with seeded(seed):
        tokens = torch.randint(8, (160, 24))
        y = torch.full_like(tokens, -100)
        for row, length in enumerate(torch.randint(8, longest + 1, (160,)).tolist()):
            y[row, length : length + 2] = tokens[row, length - 1]
        model = Reader()
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        return trained(model, optimizer, of_answers, split(tokens[:, :16], y[:, :16], 2), 60)


#: the cause -> a program that has it, for a seed
FOREIGN: dict[str, Callable[[int], Case]] = {
    "target-leak": lambda seed: language(seed, ahead=0),
    "degenerate-targets": lambda seed: answers(seed, longest=21),
    "unscaled-targets": lambda seed: depths(seed, unit=1000.0),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "target-leak": lambda seed: language(seed, ahead=1),
    "degenerate-targets": lambda seed: answers(seed, longest=14),
    "unscaled-targets": lambda seed: depths(seed, unit=1.0),
}
