"""Targets of which little can be known beneath much noise, and targets that belong to other examples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case, Snapshot, pair_loss, watch
from lossbook.probes import PROBES
from lossbook.probes.plain_learners import hang_together

Loss = Callable[[Tensor, Tensor], Tensor]


def pulses(n: int) -> Tensor:
    """Rows of 30 numbers, each a wave of its own length beneath noise."""
    return torch.sin(torch.rand(n, 1) * torch.arange(30.0) / 2) + 0.5 * torch.randn(n, 30)


def little(x: Tensor) -> Tensor:
    """A number of which a small part hangs on the input."""
    return 0.25 * (x[:, 5:9].mean(1) - x[:, 12:18].mean(1)) + torch.randn(len(x))


def much(x: Tensor) -> Tensor:
    return 2 * x[:, 5:9].mean(1) - x[:, 12:18].mean(1)


def trained(make: Callable[[Tensor], Tensor], *, moved_on: int = 0) -> Case:
    with seeded(2):
        x = pulses(2400)
        y = make(x).roll(moved_on)
        net = nn.Sequential(nn.Linear(30, 16), nn.Tanh(), nn.Linear(16, 1))
        optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
        with watch(net, optimizer) as watching:
            for rows in torch.arange(len(x)).split(40) * 2:
                optimizer.zero_grad()
                loss = F.mse_loss(net(x[rows]).squeeze(1), y[rows])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def test_where_little_can_be_known_no_label_is_in_a_wrong_place() -> None:
    reading = PROBES["labels-misaligned"](trained(little))
    assert not reading.found, reading


def test_targets_moved_on_by_some_rows_are_found_among_the_same_inputs() -> None:
    assert PROBES["labels-misaligned"](trained(much, moved_on=7)).found


def told(x: Tensor, y: Tensor, loss: Loss) -> float:
    """What plain learners make of these examples."""
    model = nn.Linear(2, 2)
    snapshot = Snapshot(model, ())
    found = hang_together(Case(snapshot, snapshot, (Batch.of(x, y),), None, loss, pair_loss(loss)))
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["measurements", "tokens", "pictures", "masks"])
def test_what_hangs_together_is_told_from_what_does_not(kind: str) -> None:
    with seeded(5):
        x = torch.randn(1500, 8)
        hidden = (x[:, 0] * x[:, 1] > 0).long()
        given, y = {
            "measurements": (x, hidden),
            "tokens": (torch.randint(900, (1500, 12)), torch.zeros(1500)),
            "pictures": (torch.randn(1500, 1, 20, 20) + hidden[:, None, None, None] / 4, hidden),
            "masks": (x, (x[:, :1] > 0).float() + torch.rand(1500, 40)),
        }[kind]
        if kind == "tokens":
            y = (given < 300).sum(1).float() + torch.randn(1500)
        assert told(given, y, F.mse_loss) > 6
        assert max(told(given, y[torch.randperm(len(y))], F.mse_loss) for _ in range(10)) < 4


def test_by_chance_no_more_than_a_few_deviations() -> None:
    with seeded(6):
        found = [told(torch.randn(800, 6), torch.randint(3, (800,)), F.cross_entropy) for _ in range(60)]
    assert np.mean(found) < 1.5
    assert max(found) < 4
