"""Weights that are exchanged for a look at the model, and what of them is there afterwards."""

from __future__ import annotations

import copy

import pytest
import torch
from foreign import seeded
from torch import nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, WIDTH, ROUNDS, STEPS = 16, 8, 6, 20


def trained(way: str) -> Case:
    """Rounds of steps, each with a look at the end.

    Args:
        way: "lost": weights of long ago are looked at, and stay; "put back": they do not; "clients": three learn in
            turn, and their average is looked at; "clamped": weights are clamped after each step.
    """
    with seeded(0):
        model = nn.Sequential(nn.Linear(WIDTH, 16), nn.Tanh(), nn.Linear(16, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
        with watch(model, optimizer) as watching:
            for _ in range(ROUNDS):
                first, ends = copy.deepcopy(model.state_dict()), []
                for _ in range(3 if way == "clients" else 1):
                    if way == "clients":
                        model.load_state_dict(first)
                    seen = []
                    for _ in range(STEPS):
                        x = torch.randn(N, WIDTH)
                        optimizer.zero_grad()
                        F.mse_loss(model(x), x[:, :1] * x[:, 1:2] + x[:, 2:3]).backward()
                        optimizer.step()
                        if way == "clamped":
                            for param in model.parameters():
                                param.data.clamp_(-0.2, 0.2)
                        seen.append([param.detach().clone() for param in model.parameters()])
                    ends.append(seen[-1])
                kept = seen[-1]
                average = [
                    torch.stack(each).mean(0) for each in zip(*(ends if way == "clients" else seen), strict=True)
                ]
                if way in ("lost", "put back", "clients"):
                    write(model, average if way == "clients" else seen[2])
                with torch.no_grad():
                    model(torch.randn(100, WIDTH))
                if way == "put back":
                    write(model, kept)
    return watching.case()


def write(model: nn.Module, values: list[torch.Tensor]) -> None:
    for param, value in zip(model.parameters(), values, strict=True):
        param.data.copy_(value)


@pytest.mark.parametrize("way", ["lost", "put back", "clients", "clamped"])
def test_weights_of_a_look_that_stay_are_found(way: str) -> None:
    case = trained(way)
    reading = PROBES["state-reset"](case)
    assert reading.found is (way == "lost"), reading
    assert (len(case.seen.exchanged or ()) >= ROUNDS - 1) is (way in ("lost", "clients"))
