"""Layers written by hand, whose matrices are bare parameters: drawn far too large; and draws that are meant."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.bare_matrices import unlike_their_width

STEPS, N = 200, 32


class Mixed(nn.Module):
    """Five layers of ReLUs, the inner ones of which have their weights in a list."""

    def __init__(self, spread: float, width: int = 64) -> None:
        super().__init__()
        self.enter = nn.Parameter(torch.randn(6, width) / 6**0.5)
        self.inner = nn.ParameterList(spread * torch.randn(width, width) for _ in range(3))
        self.leave = nn.Parameter(torch.randn(1, width) / width**0.5)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(x @ self.enter)
        for weight in self.inner:
            h = torch.relu(h @ weight)
        return F.linear(h, self.leave)[:, 0]


class Looked(nn.Module):
    """A table that is looked up, places that are added, a scale: all of them drawn with a spread of one."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.places = nn.Parameter(torch.randn(6, 40)), nn.Parameter(torch.randn(6, 40))
        self.scale, self.out = nn.Parameter(torch.randn(1, 40)), nn.Linear(40, 1)

    def forward(self, x: Tensor) -> Tensor:
        tokens = (x > 0).long() + torch.tensor([0, 2, 4, 0, 2, 4])
        one_hot = F.one_hot(tokens, 6).float() @ self.table
        h = self.scale * (self.table[tokens] + one_hot + self.places)
        return self.out(torch.relu(h).mean(1))[:, 0]


class Asked(nn.Module):
    """Questions that are learnt, drawn with a spread of one, pass through a layer before they are compared."""

    def __init__(self) -> None:
        super().__init__()
        self.asks, self.enter = nn.Parameter(torch.randn(4, 48)), nn.Linear(1, 48)
        self.query, self.out = nn.Parameter(torch.randn(48, 48) / 48**0.5), nn.Linear(4 * 48, 1)

    def forward(self, x: Tensor) -> Tensor:
        keys = self.enter(x[:, :, None])
        weights = (self.asks @ self.query @ keys.transpose(1, 2) / 48).softmax(-1)
        return self.out((weights @ keys).flatten(1))[:, 0]


def trained(net: nn.Module) -> Case:
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    with seeded(1), watch(net, optimizer) as watching:
        for x in torch.randn(STEPS, N, 6):
            optimizer.zero_grad()
            loss = F.mse_loss(net(x), x[:, 0] - x[:, 1] * torch.tanh(x[:, 2]))
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case()


def test_matrices_that_are_not_divided_by_their_width_are_found() -> None:
    with seeded(0):
        net = Mixed(1.0)
    reading = PROBES["bad-init-scale"](trained(net))
    assert reading.found, str(reading)
    assert "times as large as one over the root of the" in reading.sentence
    assert reading.trial is not None


@pytest.mark.parametrize("kind", [lambda: Mixed(0.125), lambda: Mixed(0.02), Looked, Asked])
def test_usual_draws_tables_places_and_questions_are_not(kind: type[nn.Module]) -> None:
    with seeded(0):
        net = kind()
    assert unlike_their_width(trained(net)) is None
