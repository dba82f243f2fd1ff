"""Programs of other kinds, with a cause in the terms of the loss; and the same without it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import seeded, trained
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case

N, STEPS, BATCHES, PLACES, K = 32, 60, 20, 6, 8


class Reader(nn.Module):
    """Token sequences in; what stands at each place, and how large the sum is, from two heads on one GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.gru = nn.Embedding(K, 8), nn.GRU(8, 16, batch_first=True)
        self.tags, self.total = nn.Linear(16, 2), nn.Linear(16, 1)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        states = self.gru(self.embedding(tokens))[0]
        return self.tags(states).transpose(1, 2), self.total(states[:, -1])


def tags_and_total(seed: int, *, lost: bool) -> Case:
    """A tagger of tokens that also adds them up, by two heads; the loss of the tags is overwritten by the other."""

    def loss(output: tuple[Tensor, Tensor], y: tuple[Tensor, Tensor]) -> Tensor:
        value = F.cross_entropy(output[0], y[0])
        total = F.smooth_l1_loss(output[1], y[1])
        return total if lost else value + total

    with seeded(seed):
        made = [torch.randint(0, K, (N, PLACES)) for _ in range(BATCHES)]
        batches = [Batch.of(each, (each % 2, each.float().mean(1, keepdim=True) - 3.5)) for each in made]
        model = Reader()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        return trained(model, optimizer, loss, batches, STEPS, seed=seed)


#: key of the cause -> seed -> a program with it
FOREIGN: dict[str, Callable[[int], Case]] = {
    "loss-term-lost": lambda seed: tags_and_total(seed, lost=True),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "loss-term-lost": lambda seed: tags_and_total(seed, lost=False),
}
