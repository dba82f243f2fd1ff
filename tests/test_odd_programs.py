"""Healthy programs whose inputs and outputs are more than one tensor: every test has an answer, and none an alarm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from foreign import trained, watched
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case
from lossbook.probes import PROBES

N, STEPS, WIDTH, PLACES, K = 16, 40, 6, 5, 4


class Pair(nn.Module):
    """Two inputs, two outputs, and a layer that nobody uses."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.unused = nn.Linear(WIDTH, 3), nn.Linear(WIDTH, 3), nn.Linear(2, 2)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return self.left(a), {"other": self.right(b)}


class Language(nn.Module):
    """Named inputs, and its own loss."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.gru, self.head = nn.Embedding(K, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, K)

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        logits = self.head(self.gru(self.embedding(ids))[0])[:, :-1]
        losses = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none") * mask[:, 1:]
        return {"loss": losses.sum() / mask[:, 1:].sum(), "logits": logits}


class PlacesFirst(nn.Module):
    """Sequences with the places on the first axis, read both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.head = nn.GRU(WIDTH, 8, bidirectional=True), nn.Linear(16, K)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.gru(x)[0])


class Graph(nn.Module):
    """The nodes of one graph, with the matrix that says which are neighbours."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(WIDTH, 16), nn.Linear(16, K)

    def forward(self, x: Tensor, near: Tensor) -> Tensor:
        return self.last(near @ torch.relu(self.first(near @ x)))


def pair() -> Case:
    model = Pair()

    def loss(output: Any, target: Any) -> Tensor:
        return F.mse_loss(output[0], target[0]) + F.mse_loss(output[1]["other"], target[1])

    made = [torch.randn(2, N, WIDTH) for _ in range(8)]
    batches = [Batch((a, b), {}, (a[:, :3], -b[:, :3])) for a, b in made]
    return trained(model, torch.optim.Adam(model.parameters(), lr=0.03), loss, batches, STEPS)


def language() -> Case:
    model = Language()
    ids = [(torch.randint(0, K, (N, 1)) + torch.arange(PLACES)) % K for _ in range(8)]
    batches = [Batch((), {"ids": each, "mask": torch.ones(N, PLACES)}, None) for each in ids]
    case = trained(model, torch.optim.Adam(model.parameters(), lr=0.03), lambda out, _: out["loss"], batches, STEPS)
    return replace(case, loss=None)


def places_first() -> Case:
    model = PlacesFirst()
    made = [torch.randn(PLACES, N, WIDTH) for _ in range(8)]
    batches = [Batch.of(x, x[..., :K].argmax(-1)) for x in made]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    return trained(model, optimizer, lambda z, y: F.cross_entropy(z.flatten(0, 1), y.flatten()), batches, STEPS)


def minus_overlap() -> Case:
    """Probabilities, and a loss below zero that is as it should be."""
    model = nn.Sequential(nn.Linear(WIDTH, 8), nn.ReLU(), nn.Linear(8, K), nn.Softmax(dim=1))
    made = [torch.randn(N, WIDTH) for _ in range(8)]
    batches = [Batch.of(x, x[:, :K].argmax(1)) for x in made]

    def loss(p: Tensor, y: Tensor) -> Tensor:
        hot = F.one_hot(y, K)
        return -(2 * (p * hot).sum(0) / (p.square().sum(0) + hot.sum(0))).mean()

    return trained(model, torch.optim.Adam(model.parameters(), lr=0.03), loss, batches, STEPS)


def graph() -> Case:
    """All nodes are one batch, and no part of them is."""
    y = torch.randint(0, K, (4 * N,))
    near = torch.softmax(5.0 * (y[:, None] == y) + torch.randn(4 * N, 4 * N), dim=1)
    batch, model = Batch((torch.randn(4 * N, WIDTH), near), {}, y), Graph()
    return trained(model, torch.optim.Adam(model.parameters(), lr=0.03), nn.CrossEntropyLoss(), [batch], STEPS)


def embeddings() -> Case:
    """As many numbers for each example as there are classes and more; those of one class shall lie near each other."""
    model = nn.Sequential(nn.Linear(WIDTH, 16), nn.ReLU(), nn.Linear(16, 8))
    made = [torch.randn(2 * N, WIDTH) for _ in range(8)]
    batches = [Batch.of(x, x[:, :K].argmax(1)) for x in made]

    def loss(z: Tensor, y: Tensor) -> Tensor:
        apart, alike = torch.cdist(z, z), y[:, None] == y
        far, near = (apart * alike).amax(1), apart.masked_fill(alike, 1e9).amin(1)
        return F.relu(far - near + 0.5).mean()

    return trained(model, torch.optim.Adam(model.parameters(), lr=0.003), loss, batches, STEPS)


def mixed_up() -> Case:
    """Mixup: each input is a mean of two examples, and the loss is one of the losses of both labels."""

    def loop(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Any, batches: Any) -> None:
        for x, y in batches:
            share, order = torch.distributions.Beta(0.4, 0.4).sample(), torch.randperm(len(x))
            output = model(share * x + (1 - share) * x[order])
            optimizer.zero_grad()
            (share * loss(output, y) + (1 - share) * loss(output, y[order])).backward()
            optimizer.step()

    centres, labels = 2 * torch.randn(K, WIDTH), torch.randint(K, (STEPS + 8, N))
    x = centres[labels] + torch.randn(STEPS + 8, N, WIDTH) / 2
    model = nn.Sequential(nn.Linear(WIDTH, 16), nn.ReLU(), nn.Linear(16, K))
    held_out = Batch.of(x[STEPS:].flatten(0, 1), labels[STEPS:].flatten())
    pairs: Any = [*zip(x[:STEPS], labels[:STEPS], strict=True)]
    return watched(model, torch.optim.Adam(model.parameters(), lr=0.03), F.cross_entropy, pairs, loop, held_out)


ODD: dict[str, Callable[[], Case]] = {
    "two inputs and two outputs": pair,
    "named inputs and its own loss": language,
    "places first": places_first,
    "minus overlap": minus_overlap,
    "one graph": graph,
    "embeddings": embeddings,
    "mixup": mixed_up,
}


@pytest.mark.parametrize("name", ODD)
def test_every_test_has_an_answer_and_none_an_alarm(name: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        case = ODD[name]()
    readings = {key: decide(case) for key, decide in PROBES.items()}
    assert {key: str(one) for key, one in readings.items() if one.found or "the test itself" in one.sentence} == {}
