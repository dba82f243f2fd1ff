"""Ratings near 3: the loss falls from 9 to that of one answer for all, and stands there; what keeps it is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.at_length import stands

Made = tuple[nn.Module, torch.optim.Optimizer]


class Ratings(nn.Module):
    """How much a guest likes a dish: factors of both, and what all guests like."""

    def __init__(self, *, drop: float = 0.0, sees_dish: bool = True) -> None:
        super().__init__()
        self.guest, self.dish, self.drop = nn.Embedding(30, 8), nn.Embedding(30, 8), nn.Dropout(drop)
        for table in (self.guest, self.dish):
            nn.init.normal_(table.weight, std=0.3)
        self.all, self.sees_dish = nn.Parameter(torch.zeros(1)), sees_dish

    def forward(self, guest: Tensor, dish: Tensor) -> Tensor:
        dish = dish if self.sees_dish else dish * 0
        return self.all + (self.drop(self.guest(guest)) * self.drop(self.dish(dish))).sum(1)


def adam(model: nn.Module, **how: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=0.03, **how)  # type: ignore[arg-type]


def sound() -> Made:
    model = Ratings()
    return model, adam(model)


def frozen() -> Made:
    model = Ratings()
    model.guest.requires_grad_(False)
    model.dish.requires_grad_(False)
    return model, adam(model)


def left_out() -> Made:
    model = Ratings()
    return model, torch.optim.Adam([model.all], lr=0.03)


def dropped() -> Made:
    model = Ratings(drop=0.95)
    return model, adam(model)


def blind() -> Made:
    model = Ratings(sees_dish=False)
    return model, adam(model)


def large_epsilon() -> Made:
    model = Ratings()
    return model, adam(model, eps=3.0)


def trained(make: Callable[[], Made]) -> Case:
    with seeded(0):
        guest, dish = (torch.randint(30, (3200,)) for _ in range(2))
        tastes = [torch.randn(30, 3) for _ in range(2)]
        y = 3 + (tastes[0][guest] * tastes[1][dish]).sum(1) * 0.6
        model, optimizer = make()
        with watch(model, optimizer) as watching:
            for some in (rows for _ in range(4) for rows in torch.randperm(3200).split(64)):
                optimizer.zero_grad()
                loss = F.mse_loss(model(guest[some], dish[some]), y[some])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


CAUSES = {
    frozen: "parameters-not-optimized",
    left_out: "parameters-not-optimized",
    dropped: "dropout-too-high",
    blind: "input-ignored",
    large_epsilon: "adam-eps",
}


@pytest.mark.parametrize(("make", "cause"), CAUSES.items(), ids=[make.__name__ for make in CAUSES])
def test_what_keeps_a_training_at_the_mean_of_its_targets(make: Callable[[], Made], cause: str) -> None:
    case = trained(make)
    losses = case.log.loss.values
    assert losses[-1] < 0.5 * losses[0]
    assert stands(case)
    assert PROBES[cause](case).found


def test_a_sound_training_leaves_the_mean_behind() -> None:
    case = trained(sound)
    assert not stands(case)
    assert not any(PROBES[cause](case).found for cause in CAUSES.values())
