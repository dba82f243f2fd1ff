"""Pairs that are all to be alike: one point for every example is an answer; a better one and a worse one are not."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, WIDTH, STEPS = 32, 12, 150


class Twins(nn.Module):
    """Two signals go in, two points come out."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Linear(32, 8))

    def forward(self, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        return self.net(one), self.net(other)


def recordings(*, strangers: bool) -> Case:
    """Two recordings of one speaker; with strangers, every second pair is of two."""
    with seeded(0):
        voices = torch.randn(10, WIDTH) + 3  # what is common to all
        model = Twins()
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                who = torch.randint(10, (N,))
                alike = torch.ones(N)
                if strangers:
                    alike[::2] = -1
                other = torch.where(alike > 0, who, (who + 5) % 10)
                one, two = (voices[each] + 0.3 * torch.randn(N, WIDTH) for each in (who, other))
                loss = F.cosine_embedding_loss(*model(one, two), alike, margin=0.2)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize("strangers", [False, True])
def test_pairs_that_are_all_alike_are_found(strangers: bool) -> None:
    reading = PROBES["degenerate-targets"](recordings(strangers=strangers))
    assert reading.found is not strangers, reading


@pytest.mark.parametrize("whole", [False, True])
def test_the_better_one_always_stands_first(whole: bool) -> None:
    """Targets of 1 alone are sound where the other order would cost much."""
    with seeded(0):
        model = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Linear(32, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                good, bad = (torch.randn(N, WIDTH) + shift for shift in (1.0, -1.0))
                y = torch.ones(N, dtype=torch.long if whole else torch.float)
                loss = F.margin_ranking_loss(model(good)[:, 0], model(bad)[:, 0], y, margin=0.5)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    reading = PROBES["degenerate-targets"](watching.case())
    assert not reading.found, reading
