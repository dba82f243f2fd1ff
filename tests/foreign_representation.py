"""Programs of other kinds, with a cause in what the model makes of its inputs; and the same without it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import seeded, trained
from torch import Tensor, nn

from lossbook.evidence import Batch, Case

N, STEPS, BATCHES, PLACES, K = 32, 60, 20, 8, 9


class Attentive(nn.Module):
    """Token sequences, filled up with zeros; one query attends to the tokens, or by mistake to what fills up."""

    def __init__(self, *, turned: bool) -> None:
        super().__init__()
        self.embedding, self.query, self.turned = nn.Embedding(K, 16), nn.Parameter(torch.randn(16)), turned
        self.head = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, tokens: Tensor) -> Tensor:
        states = self.embedding(tokens)
        scores = states @ self.query / 4
        hidden = tokens != 0 if self.turned else tokens == 0
        weights = scores.masked_fill(hidden, float("-inf")).softmax(dim=1)
        return self.head((weights[..., None] * states).sum(1))


def mean_of_tokens(seed: int, *, turned: bool) -> Case:
    """Whether the tokens of a sequence are large on average, from sequences of two to seven."""
    with seeded(seed):
        batches = []
        for _ in range(BATCHES):
            lengths = torch.randint(2, PLACES, (N, 1))
            large = torch.randint(0, 2, (N, 1))
            tokens = torch.randint(1, 6, (N, PLACES)) + 3 * large
            batches.append(Batch.of(tokens * (torch.arange(PLACES) < lengths), large.float()))
        model = Attentive(turned=turned)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        return trained(model, optimizer, nn.BCEWithLogitsLoss(), batches, STEPS, seed=seed)


#: key of the cause -> seed -> a program with it
FOREIGN: dict[str, Callable[[int], Case]] = {
    "input-ignored": lambda seed: mean_of_tokens(seed, turned=True),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "input-ignored": lambda seed: mean_of_tokens(seed, turned=False),
}
