"""Minus the logged number is minimised: of a loss that is a fault, of a score it is meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.climbed import told_climbs


def apart(output: Tensor, y: Tensor) -> Tensor:
    """Of a mean and a spread for each example, as a forecast with an error bar has them."""
    mean, spread = output[:, 0], output[:, 1].square()
    return (((mean - y) ** 2 + spread**2).sqrt() - 0.5 * spread).mean()


def share(output: Tensor, y: Tensor) -> Tensor:
    """A score between 0 and 1: how sure it is on average of the right side."""
    return torch.sigmoid(4 * output[:, 0] * y).mean()


def information(output: Tensor, y: Tensor) -> Tensor:
    """A bound of what two things tell of each other, about 0 at first, as MINE makes it large."""
    joint, other = (output[:, 0] * y).mean(), (output[:, 0] * y.roll(1)).exp().mean().log()
    return joint - other + 1e-3


def trained(score: Callable[[Tensor, Tensor], Tensor], sign: float) -> Case:
    with seeded(0):
        net = nn.Sequential(nn.Linear(3, 24), nn.Tanh(), nn.Linear(24, 2))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        with watch(net, optimizer) as watching:
            for x in torch.randn(200, 32, 3):
                optimizer.zero_grad()
                told = score(net(x), x.sum(1))
                (sign * told).backward()
                optimizer.step()
                watching.step(told)
    return watching.case()


def test_a_loss_that_climbs_is_found_whatever_its_outputs_mean() -> None:
    reading = PROBES["loss-sign-flipped"](trained(apart, -1.0))
    assert reading.found, str(reading)
    assert "backward() runs on minus the loss that is logged" in reading.sentence


@pytest.mark.parametrize(("score", "sign"), [(apart, 1.0), (share, -1.0), (information, -1.0)])
def test_a_loss_that_falls_and_a_score_that_is_made_large_are_not(
    score: Callable[[Tensor, Tensor], Tensor], sign: float
) -> None:
    assert told_climbs(trained(score, sign)) is None
