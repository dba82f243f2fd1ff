"""Dropout behind the last layer drops answers; before it, or before a head in the loss, it drops features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from foreign import seeded
from torch import Tensor, nn

from lossbook.diagnosis import watch
from lossbook.probes import PROBES, Reading

N = 320


class Tides(nn.Module):
    """Heights at two harbours from the hours of a day."""

    def __init__(self, where: str, share: float) -> None:
        super().__init__()
        self.where, self.share = where, share
        self.waves, self.out = nn.Linear(6, 32), nn.Linear(32, 2)

    def drop(self, h: Tensor) -> Tensor:
        return F.dropout(h, self.share, self.training)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.tanh(self.waves(x))
        if self.where == "before":
            return self.out(self.drop(h))
        return self.drop(self.out(h)).squeeze(-1)


def asked(model: nn.Module, loss_of: Callable[[Any, Tensor], Tensor], x: Tensor, y: Tensor) -> Reading:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with watch(model, optimizer) as watching:
        for rows in (rows for _ in range(12) for rows in torch.randperm(N).split(32)):
            optimizer.zero_grad()
            loss = loss_of(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return PROBES["dropout-too-high"](watching.case())


@pytest.mark.parametrize(
    ("where", "share", "found"), [("behind", 0.5, True), ("before", 0.3, False), ("behind", 0.02, False)]
)
def test_dropped_answers_are_found_and_dropped_features_are_not(where: str, share: float, found: bool) -> None:
    with seeded(0):
        x = torch.randn(N, 6)
        y = torch.sin(x @ torch.randn(6, 2) / 2)
        reading = asked(Tides(where, share), F.mse_loss, x, y)
    assert reading.found is found, reading
    if found:
        assert "answers are dropped" in reading.sentence


def test_what_a_head_in_the_loss_reads_may_be_dropped() -> None:
    with seeded(0):
        y = torch.randint(12, (N,))
        x = torch.randn(12, 8)[y] + 0.5 * torch.randn(N, 8)
        body = nn.Sequential(nn.Linear(8, 24), nn.ReLU(), nn.Dropout(0.4))
        head = nn.AdaptiveLogSoftmaxWithLoss(24, 12, [6])
        reading = asked(body, lambda h, y: head(h, y).loss, x, y)
    assert not reading.found, reading
