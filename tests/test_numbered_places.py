"""Attention over the wrong axis of (batch, place, channel), where each place has a target; and over time first."""

from __future__ import annotations

import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, PLACES, WIDTH, STEPS = 20, 9, 16, 30


class Encoder(nn.Module):
    """A row of positions is added to each sequence, and one layer of attention follows."""

    def __init__(self, positions: Tensor, *, batch_first: bool) -> None:
        super().__init__()
        self.enter, self.positions = nn.Linear(2, WIDTH), nn.Parameter(positions)
        self.layer = nn.TransformerEncoderLayer(WIDTH, 2, 32, dropout=0.0, batch_first=batch_first)
        self.head = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(self.enter(x) + self.positions))[..., 0]


class Along(nn.Module):
    """A recurrent layer that goes along the first axis; each of the series beside one another has a level."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head, self.levels = nn.GRU(2, WIDTH), nn.Linear(WIDTH, 1), nn.Parameter(torch.randn(N))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(x)[0])[..., 0] + self.levels


def trained(net: nn.Module, shape: tuple[int, int]) -> Case:
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    with seeded(1), watch(net, optimizer) as watching:
        for x in torch.randn(STEPS, *shape, 2):
            optimizer.zero_grad()
            F.mse_loss(net(x), x[..., 0] * x[..., 1]).backward()
            optimizer.step()
    return watching.case()


def mixes(net: nn.Module, shape: tuple[int, int]) -> bool:
    return PROBES["batch-mixing"](trained(net, shape)).found


def test_positions_on_the_second_axis_say_that_examples_stand_on_the_first() -> None:
    with seeded(0):
        positions = 0.1 * torch.randn(PLACES, WIDTH)
        assert mixes(Encoder(positions, batch_first=False), (N, PLACES))
        assert mixes(Encoder(torch.zeros(PLACES, WIDTH), batch_first=False), (N, PLACES))  # learnt since
        assert not mixes(Encoder(positions, batch_first=True), (N, PLACES))


def test_time_on_the_first_axis_is_meant() -> None:
    with seeded(0):
        assert not mixes(Encoder(0.1 * torch.randn(PLACES, 1, WIDTH), batch_first=False), (PLACES, N))
        assert not mixes(Along(), (PLACES, N))
