"""Pairs that are only pulled together: one point for all is an answer, unless something keeps the others apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.diagnosis import watch
from lossbook.diagnosis.watching import Watching
from lossbook.probes import PROBES

N, WIDTH, STEPS = 32, 12, 200


class Points(nn.Module):
    """Two signals go in, two points of a sphere come out."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Linear(32, 8))

    def forward(self, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        return F.normalize(self.net(one), dim=1), F.normalize(self.net(other), dim=1)


class Distance(Points):
    """Two signals go in, and how far apart they are comes out."""

    def forward(self, one: Tensor, other: Tensor) -> Tensor:  # type: ignore[override]
        return F.pairwise_distance(self.net(one), self.net(other))


class Twin(Points):
    """The second point is a goal that is not moved, and the first one is foretold from."""

    def __init__(self) -> None:
        super().__init__()
        self.foretells = nn.Linear(8, 8)

    def forward(self, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        return F.normalize(self.foretells(self.net(one)), dim=1), F.normalize(self.net(other), dim=1).detach()


Loss = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]


def yes_to_all(model: nn.Module, one: Tensor, other: Tensor, strange: Tensor) -> Tensor:
    return F.cosine_embedding_loss(*model(one, other), torch.ones(len(one)))


def yes_and_no(model: nn.Module, one: Tensor, other: Tensor, strange: Tensor) -> Tensor:
    other = torch.where(strange[:, None], other.roll(1, 0), other)
    return F.cosine_embedding_loss(*model(one, other), 1 - 2 * strange.float(), margin=0.2)


def likeness(model: nn.Module, one: Tensor, other: Tensor, strange: Tensor) -> Tensor:
    return 2 - 2 * (lambda a, b: (a * b).sum(1).mean())(*model(one, other))


def likeness_and_spread(model: nn.Module, one: Tensor, other: Tensor, strange: Tensor) -> Tensor:
    a, b = model(one, other)
    lost = sum(F.relu(0.3 - (each.var(0) + 1e-4).sqrt()).mean() for each in (a, b))
    return 2 - 2 * (a * b).sum(1).mean() + 10 * lost


def squared_distance(model: nn.Module, one: Tensor, other: Tensor, strange: Tensor) -> Tensor:
    return model(one, other).square().mean()


def contrastive(model: nn.Module, one: Tensor, other: Tensor, strange: Tensor) -> Tensor:
    away = model(one, torch.where(strange[:, None], other.roll(1, 0), other))
    return torch.where(strange, F.relu(1 - away), away).square().mean()


def pairs(net: type[nn.Module], loss_of: Loss) -> Watching:
    """Two recordings of each of ten voices, which have much in common."""
    with seeded(0):
        voices, model = torch.randn(10, WIDTH) + 3, net()
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                who = torch.randint(10, (N,))
                one, other = (voices[who] + 0.3 * torch.randn(N, WIDTH) for _ in range(2))
                loss = loss_of(model, one, other, torch.arange(N) % 2 == 0)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return watching


@pytest.mark.parametrize(
    ("net", "loss_of", "found"),
    [
        (Points, yes_to_all, True),
        (Points, likeness, True),
        (Distance, squared_distance, True),
        (Points, yes_and_no, False),
        (Points, likeness_and_spread, False),
        (Distance, contrastive, False),
        (Twin, likeness, False),
    ],
)
def test_what_is_only_pulled_together_is_one_point(net: type[nn.Module], loss_of: Loss, found: bool) -> None:
    reading = PROBES["representation-collapse"](pairs(net, loss_of).case())
    assert reading.found is found, reading


def test_that_all_pairs_are_alike_follows_from_it() -> None:
    report = pairs(Points, yes_to_all).report(steps=400, seed=0, progress=False)
    assert [each.cause for each in report.findings] == ["representation-collapse", "degenerate-targets"], str(report)


def far_apart(distance: Tensor, apart: Tensor) -> Tensor:
    return (apart * F.relu(1 - distance) ** 2 + (1 - apart) * distance**2).mean()


class Better(Distance):
    """By how much the first one is the better one."""

    def forward(self, one: Tensor, other: Tensor) -> Tensor:  # type: ignore[override]
        return (self.net(one) - self.net(other)).sum(1)


@pytest.mark.parametrize(("net", "found"), [(Distance, True), (Better, False)])
def test_pairs_that_are_all_apart_are_found_and_not_those_that_are_in_order(net: type[nn.Module], found: bool) -> None:
    with seeded(0):
        model = net()
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        with watch(model, optimizer, loss_fn=far_apart) as watching:
            for _ in range(STEPS):
                good, bad = torch.randn(N, WIDTH) + 1, torch.randn(N, WIDTH) - 1
                loss = far_apart(model(good, bad), torch.ones(N))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    reading = PROBES["degenerate-targets"](watching.case())
    assert reading.found is found, reading


class Stars(nn.Module):
    """How a guest likes a film: of 50 guests and 9 films."""

    def __init__(self) -> None:
        super().__init__()
        self.guest, self.film = nn.Embedding(50, 4), nn.Embedding(9, 4)

    def forward(self, guest: Tensor, film: Tensor) -> Tensor:
        return (self.guest(guest) * self.film(film)).sum(1)


def test_a_guest_is_no_twin_of_a_film() -> None:
    with seeded(0):
        model = Stars()
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        with watch(model, optimizer) as watching:
            for _ in range(20):
                guest, film = torch.randint(50, (N,)), torch.randint(9, (N,))
                loss = F.mse_loss(model(guest, film), torch.sin(guest + film.float()))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    assert PROBES["representation-collapse"](watching.case()).outcome == "does not apply"
