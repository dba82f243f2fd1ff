"""Programs of other kinds, with a cause in the terms of the loss; and the same without it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import seeded, trained
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case

N, STEPS, BATCHES, PLACES, K, WIDTH = 32, 60, 20, 6, 8, 12


class Reader(nn.Module):
    """Token sequences in; what stands at each place, and how large the sum is, from two heads on one GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.gru = nn.Embedding(K, 8), nn.GRU(8, 16, batch_first=True)
        self.tags, self.total = nn.Linear(16, 2), nn.Linear(16, 1)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        states = self.gru(self.embedding(tokens))[0]
        return self.tags(states).transpose(1, 2), self.total(states[:, -1])


def tags_and_total(seed: int, *, lost: bool, weight: float = 1.0) -> Case:
    """A tagger of tokens that also adds them up, by two heads; the loss of the tags is overwritten by the other."""

    def loss(output: tuple[Tensor, Tensor], y: tuple[Tensor, Tensor]) -> Tensor:
        value = F.cross_entropy(output[0], y[0])
        total = weight * F.smooth_l1_loss(output[1], y[1])
        return total if lost else value + total

    with seeded(seed):
        made = [torch.randint(0, K, (N, PLACES)) for _ in range(BATCHES)]
        batches = [Batch.of(each, (each % 2, each.float().mean(1, keepdim=True) - 3.5)) for each in made]
        model = Reader()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        return trained(model, optimizer, loss, batches, STEPS, seed=seed)


class Attentive(nn.Module):
    """Token sequences, filled up with zeros, and a query that attends to the tokens alone."""

    def __init__(self, *, guarded: bool) -> None:
        super().__init__()
        self.embedding, self.query, self.guarded = nn.Embedding(K, 16), nn.Parameter(torch.randn(16)), guarded
        self.head = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, tokens: Tensor) -> Tensor:
        states, empty = self.embedding(tokens), tokens == 0
        if self.guarded:
            empty = empty & ~empty.all(dim=1, keepdim=True)
        weights = (states @ self.query / 4).masked_fill(empty, float("-inf")).softmax(dim=1)
        return self.head((weights[..., None] * states).sum(1))


def sequence_without_tokens(seed: int, *, guarded: bool) -> Case:
    """Whether the tokens of a sequence are large on average; the eighth batch holds a sequence without any."""
    with seeded(seed):
        batches = []
        for number in range(BATCHES):
            large, lengths = torch.randint(0, 2, (N, 1)), torch.randint(1, PLACES + 1, (N, 1))
            lengths[0] = 0 if number == 7 else 1
            tokens = (torch.randint(1, 5, (N, PLACES)) + 3 * large) * (torch.arange(PLACES) < lengths)
            batches.append(Batch.of(tokens, large.float()))
        model = Attentive(guarded=guarded)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        return trained(model, optimizer, nn.BCEWithLogitsLoss(), batches, STEPS, seed=seed)


class Variational(nn.Module):
    """Rows of a table, squeezed into the means and spreads of three numbers, drawn, and spread out again."""

    def __init__(self) -> None:
        super().__init__()
        self.inwards = nn.Sequential(nn.Linear(WIDTH, 16), nn.Tanh(), nn.Linear(16, 6))
        self.outwards = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, WIDTH))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = self.inwards(x).chunk(2, dim=1)
        drawn = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        return self.outwards(drawn), mean, log_variance


def rows_reconstructed(seed: int) -> Case:
    """A variational autoencoder whose squares are averaged over all numbers, while the divergence is added up."""

    def loss(output: tuple[Tensor, Tensor, Tensor], y: Tensor) -> Tensor:
        made, mean, log_variance = output
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
        return F.mse_loss(made, y) + divergence

    with seeded(seed):
        way = torch.randn(3, WIDTH)
        rows = [torch.randn(N, 3) @ way for _ in range(BATCHES)]
        model = Variational()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        return trained(model, optimizer, loss, [Batch.of(x, x) for x in rows], STEPS, seed=seed)


#: key of the cause -> seed -> a program with it
FOREIGN: dict[str, Callable[[int], Case]] = {
    "loss-term-lost": lambda seed: tags_and_total(seed, lost=True),
    "loss-terms-unbalanced": rows_reconstructed,
    "undefined-operation": lambda seed: sequence_without_tokens(seed, guarded=False),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "loss-term-lost": lambda seed: tags_and_total(seed, lost=False),
    "loss-terms-unbalanced": lambda seed: tags_and_total(seed, lost=False, weight=0.05),
    "undefined-operation": lambda seed: sequence_without_tokens(seed, guarded=True),
}
