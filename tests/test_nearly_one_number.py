"""Numbers that are nearly all the same: of a division without a rest it is wrong, of what is seldom it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, ROWS, STEPS = 40, 1200, 60

Makes = Callable[[Tensor], Tensor]


def percent(x: Tensor) -> Tensor:
    return (100 * torch.sigmoid(2 * x.sum(1))).round()


def level(x: Tensor) -> Tensor:
    return (255 * torch.sigmoid(1.1 * x.sum(1))).round()


def trained(makes: Makes, loss_fn: Any = F.mse_loss, *, in_order: bool = False) -> Case:
    with seeded(0):
        x = torch.randn(ROWS, 5)
        x = x[percent(x).argsort()] if in_order else x
        y = makes(x)
        model = nn.Sequential(nn.Linear(5, 24), nn.ReLU(), nn.Linear(24, 1), nn.Flatten(0))
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        with watch(model, optimizer, loss_fn=loss_fn) as watching:
            for step in range(STEPS):
                rows = (torch.arange(N) + N * step) % ROWS if in_order else torch.randint(ROWS, (N,))
                optimizer.zero_grad()
                loss_fn(model(x[rows]), y[rows]).backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize("loss_fn", [F.mse_loss, F.smooth_l1_loss])
def test_a_division_without_a_rest_is_found(loss_fn: Any) -> None:
    reading = PROBES["degenerate-targets"](trained(lambda x: level(x) // 255, loss_fn))
    assert reading.found, reading


def rain(x: Tensor) -> Tensor:
    return F.relu(x.sum(1) - 3)


def seldom_yes(x: Tensor) -> Tensor:
    return (x[:, 0] > 2.6).float()


@pytest.mark.parametrize(
    ("makes", "loss_fn", "in_order"),
    [(rain, F.mse_loss, False), (seldom_yes, F.binary_cross_entropy_with_logits, False), (percent, F.mse_loss, True)],
)
def test_what_is_seldom_or_comes_later_is_not(makes: Makes, loss_fn: Any, in_order: bool) -> None:
    reading = PROBES["degenerate-targets"](trained(makes, loss_fn, in_order=in_order))
    assert not reading.found, reading


def test_what_comes_later_is_not() -> None:
    reading = PROBES["degenerate-targets"](trained(lambda x: F.relu(percent(x) - 60), in_order=True))
    assert not reading.found, reading
