"""Models that get more parts as they are trained, and those whose parts or optimisers are thrown away."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import watch
from lossbook.probes import PROBES

STAGES, STEPS = 4, 12

Stage = Callable[["Tower", torch.optim.Optimizer], torch.optim.Optimizer]


class Tower(nn.Module):
    """Floors that stand on one another, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.floors, self.head = nn.ModuleList([nn.Linear(6, 6)]), nn.Linear(6, 1)

    def forward(self, x: Tensor) -> Tensor:
        for floor in self.floors:
            x = x + torch.tanh(floor(x))
        return self.head(x)


def adam(params: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.Adam(params, lr=1e-2)


def floor_with_its_own_optimizer(tower: Tower, _: torch.optim.Optimizer) -> torch.optim.Optimizer:
    tower.requires_grad_(False)
    tower.floors.append(nn.Linear(6, 6))
    return adam(tower.floors[-1].parameters())


def floor_and_an_optimizer_of_all(tower: Tower, _: torch.optim.Optimizer) -> torch.optim.Optimizer:
    tower.floors.append(nn.Linear(6, 6))
    return adam(tower.parameters())


def floor_into_the_same_optimizer(tower: Tower, optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    tower.floors.append(nn.Linear(6, 6))
    optimizer.add_param_group({"params": [*tower.floors[-1].parameters()]})
    return optimizer


def floor_that_nobody_trains(tower: Tower, optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    tower.floors.append(nn.Linear(6, 6))
    return optimizer


def another_head(tower: Tower, _: torch.optim.Optimizer) -> torch.optim.Optimizer:
    tower.head = nn.Linear(6, 1)
    return adam(tower.parameters())


def another_optimizer_of_the_same(tower: Tower, _: torch.optim.Optimizer) -> torch.optim.Optimizer:
    return adam(tower.parameters())


SOUND = (floor_with_its_own_optimizer, floor_and_an_optimizer_of_all, floor_into_the_same_optimizer)
BROKEN = (floor_that_nobody_trains, another_head, another_optimizer_of_the_same)


@pytest.mark.parametrize("stage", SOUND + BROKEN, ids=lambda stage: stage.__name__)
def test_what_grows_loses_nothing(stage: Stage) -> None:
    with seeded(0):
        tower = Tower()
        optimizer = adam(tower.parameters())
        with watch(tower, optimizer) as watching:
            for step in range(STAGES * STEPS):
                if step and step % STEPS == 0:
                    optimizer = stage(tower, optimizer)
                x = torch.randn(16, 6)
                optimizer.zero_grad()
                F.mse_loss(tower(x), x[:, :1] * x[:, 1:2]).backward()
                optimizer.step()
    reading = PROBES["state-reset"](watching.case())
    assert reading.found is (stage in BROKEN), reading
