"""Inputs that are out of scale where they enter the model, and in scale where its first layer gets them."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, STEPS = 32, 60


class Net(nn.Module):
    """It divides pressures by what they are at sea level, or does not."""

    def __init__(self, by: list[float], *, dead: bool) -> None:
        super().__init__()
        self.register_buffer("by", torch.tensor(by))
        self.first, self.last = nn.Linear(6, 24), nn.Linear(24, 2)
        if dead:
            with torch.no_grad():
                self.first.weight.abs_().neg_()
                self.first.bias.fill_(-0.1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.relu(self.first(x / self.by)))


def watched(by: list[float], *, dead: bool, widths: list[float]) -> Case:
    with seeded(0):
        model = Net(by, dead=dead)
        optimizer = torch.optim.Adam(model.parameters(), 3e-3)
        with watch(model, optimizer, loss_fn=F.cross_entropy) as watching:
            for _ in range(STEPS):
                drawn = torch.randn(N, 6)
                loss = F.cross_entropy(model(900 + drawn * torch.tensor(widths)), (drawn[:, 0] > drawn[:, 1]).long())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize("dead", [True, False])
def test_a_model_that_divides_its_inputs(dead: bool) -> None:
    """Standardised ones might wake units that are off; their scale was not what put them to sleep."""
    reading = PROBES["unscaled-inputs"](watched([1000.0] * 6, dead=dead, widths=[200.0] * 6))
    assert reading.outcome == "not found"
    assert "before its first layer" in reading.sentence


def test_a_model_that_divides_by_too_little() -> None:
    assert PROBES["unscaled-inputs"](watched([2.0] * 6, dead=False, widths=[200.0] * 6)).found


def test_a_model_that_divides_all_columns_by_what_fits_one() -> None:
    widths = [2.0, 2.0, *[300.0] * 4]
    reading = PROBES["unscaled-inputs"](watched([1000.0] * 6, dead=False, widths=widths))
    assert "before its first layer" not in reading.sentence
