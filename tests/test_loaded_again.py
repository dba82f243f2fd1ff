"""Weights that are loaded again and again from one place, and what is learned in between."""

from __future__ import annotations

import copy
from itertools import cycle

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

ROUNDS, STEPS = 10, 20


def products(count: int, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    x = torch.randn(count, 4)
    return x, x[:, :1] * x[:, 1:2] + 2 * x[:, 2:3] + noise * torch.randn(count, 1)


def trained(way: str) -> Case:
    """Rounds of steps of Adam, after each of which weights may be loaded.

    Args:
        way: "file": those after the first round, always; "clients": ten learn in turn from one net, which then becomes
            their average; "best": the best so far, where nothing is to be learned beyond some rounds; "slower": the
            same with a rate that falls.
    """
    best = way in ("best", "slower")
    with seeded(0):
        model = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 1))
        train_set, val_set = products(40 if best else 2000, noise=1.0 if best else 0.1), products(400)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        file, lowest = copy.deepcopy(model.state_dict()), torch.inf
        starts = cycle(range(0, len(train_set[0]), 20))
        with watch(model, optimizer) as watching:
            ends: list[dict[str, Tensor]] = []
            for number in range(3 * ROUNDS):
                for start in [next(starts) for _ in range(STEPS)]:
                    x, y = (each[start : start + 20] for each in train_set)
                    optimizer.zero_grad()
                    F.mse_loss(model(x), y).backward()
                    optimizer.step()
                if way == "clients":
                    ends.append(copy.deepcopy(model.state_dict()))
                    if len(ends) == ROUNDS:
                        file = {name: torch.stack([end[name] for end in ends]).mean(0) for name in file}
                        ends = []
                elif best:
                    with torch.no_grad():
                        val = float(F.mse_loss(model(val_set[0]), val_set[1]))
                    if val < lowest:
                        lowest, file = val, copy.deepcopy(model.state_dict())
                    elif way == "slower":
                        optimizer.param_groups[0]["lr"] *= 0.7
                elif number == 0:
                    file = copy.deepcopy(model.state_dict())
                model.load_state_dict(file)
    return watching.case()


@pytest.mark.parametrize("way", ["file", "clients", "best", "slower"])
def test_what_is_learned_between_two_loads_is_thrown_away(way: str) -> None:
    case = trained(way)
    reading = PROBES["state-reset"](case)
    assert reading.found is (way == "file"), reading
    if way == "file":
        assert "the same ones again" in reading.sentence
    if way == "best":
        assert case.seen.returned is not None
        assert len(case.seen.returned) > ROUNDS
