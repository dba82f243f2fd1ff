"""Programs of other kinds, with a cause in what the model makes of its inputs; and the same without it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import seeded, trained
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case

N, STEPS, BATCHES, PLACES, K, WIDTH = 32, 60, 20, 8, 9, 12


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


class Views(nn.Module):
    """Two views of each signal, one encoder, and a point for each view."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv1d(1, 8, 5, stride=2), nn.Tanh(), nn.Flatten(), nn.Linear(48, 4))

    def forward(self, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        return self.encoder(one), self.encoder(other)


def two_views(seed: int, *, pushed: bool) -> Case:
    """Two noisy views of a wave shall get one point; without other waves that are pushed away, all waves do."""

    def loss(output: tuple[Tensor, Tensor], y: None) -> Tensor:
        one, other = output
        distances = torch.cdist(one, other)
        if pushed:
            return F.cross_entropy(-distances, torch.arange(len(one)))
        return (one - other).pow(2).mean()

    with seeded(seed):
        batches = []
        for _ in range(BATCHES):
            wave = torch.sin(torch.rand(N, 1) * 6.3 + torch.arange(16) * (0.3 + torch.rand(N, 1)))[:, None]
            views = [wave + torch.randn(N, 1, 16) for _ in range(2)]
            batches.append(Batch(tuple(views), {}, None))
        model = Views()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
        return trained(model, optimizer, loss, batches, 2 * STEPS, seed=seed)


def frozen_body(seed: int, width: int) -> Case:
    """A regression on a table by a net whose body is frozen, as if it were trained; a wide one may be as drawn."""
    with seeded(seed):
        way = torch.randn(WIDTH, 1) / 2
        rows = [torch.randn(N, WIDTH) for _ in range(BATCHES)]
        body = nn.Sequential(nn.Linear(WIDTH, width), nn.Tanh()).requires_grad_(False)
        model = nn.Sequential(body, nn.Linear(width, 1))
        optimizer = torch.optim.Adam(model[1].parameters(), lr=0.02)
        return trained(model, optimizer, nn.MSELoss(), [Batch.of(x, x @ way) for x in rows], STEPS, seed=seed)


#: key of the cause -> seed -> a program with it
FOREIGN: dict[str, Callable[[int], Case]] = {
    "input-ignored": lambda seed: mean_of_tokens(seed, turned=True),
    "representation-collapse": lambda seed: two_views(seed, pushed=False),
    "weights-not-loaded": lambda seed: frozen_body(seed, 6),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "input-ignored": lambda seed: mean_of_tokens(seed, turned=False),
    "representation-collapse": lambda seed: two_views(seed, pushed=True),
    "weights-not-loaded": lambda seed: frozen_body(seed, 64),
}
