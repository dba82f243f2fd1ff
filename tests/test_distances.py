"""Outputs that are distances of pairs: small where the target says that the two are alike, whichever number says it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, STEPS = 32, 60
Loss = Callable[[Tensor, Tensor], Tensor]


class Apart(nn.Module):
    """How far apart two signals are."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 24), nn.ReLU(), nn.Linear(24, 6))

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return F.pairwise_distance(self.net(one), self.net(other))


class Chance(Apart):
    """How likely it is that they are one."""

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return torch.sigmoid((self.net(one) * self.net(other)).sum(1))


def watched(model: nn.Module, loss: Loss, values: tuple[float, float]) -> Case:
    """The target is the second value where the two signals are alike."""
    with seeded(0):
        optimizer = torch.optim.Adam(model.parameters(), 3e-3)
        with watch(model, optimizer, loss_fn=loss) as watching:
            for _ in range(STEPS):
                one, target = torch.randn(N, 10), torch.tensor(values)[torch.randint(2, (N,))]
                alike = target[:, None] == values[1]
                other = torch.where(alike, one + 0.1 * torch.randn(N, 10), torch.randn(N, 10))
                value = loss(model(one, other), target)
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                watching.step(value)
    return watching.case()


def squared(distance: Tensor, alike: Tensor) -> Tensor:
    return (alike * distance.square() + (1 - alike) * F.relu(3 - distance).square()).mean()


def likelihood(distance: Tensor, alike: Tensor) -> Tensor:
    return F.binary_cross_entropy(torch.exp(-distance), alike)


def hinge(distance: Tensor, alike: Tensor) -> Tensor:
    return F.hinge_embedding_loss(distance, alike, margin=3.0)


DISTANCES: dict[str, tuple[Loss, tuple[float, float]]] = {
    "squares": (squared, (0.0, 1.0)),
    "likelihood": (likelihood, (0.0, 1.0)),
    "hinge": (hinge, (-1.0, 1.0)),
}


@pytest.mark.parametrize("kind", DISTANCES)
def test_a_small_distance_is_the_right_answer_of_what_is_alike(kind: str) -> None:
    loss, values = DISTANCES[kind]
    with seeded(1):
        reading = PROBES["loss-sign-flipped"](watched(Apart(), loss, values))
    assert not reading.found, reading


def test_a_loss_of_distances_that_lost_its_sign() -> None:
    with seeded(1):
        case = watched(Apart(), lambda distance, apart: -squared(distance, 1 - apart), (0.0, 1.0))
        assert PROBES["loss-sign-flipped"](case).found


def of_the_other(chance: Tensor, alike: Tensor) -> Tensor:
    sure = chance.clamp(1e-6, 1 - 1e-6)
    return -(alike * (1 - sure).log() + (1 - alike) * sure.log()).mean()


def overlap(chance: Tensor, alike: Tensor) -> Tensor:
    """Dice's score, as a loss."""
    return ((2 * chance * alike).sum() + 1) / (chance.sum() + alike.sum() + 1)


@pytest.mark.parametrize("loss", [of_the_other, lambda o, y: F.mse_loss(o, 1 - y), overlap])
def test_probabilities_of_the_other_answer_are_no_distances(loss: Loss) -> None:
    with seeded(1):
        assert PROBES["loss-sign-flipped"](watched(Chance(), loss, (0.0, 1.0))).found
