"""A total that is logged in the place of a loss, and data that hold examples and no batches."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import TensorDataset

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.totals import is_running_total

ROWS, SIZE, EPOCHS = 240, 10, 4


def trained(way: str = "loss", *, data: object = None, first_alone: bool = False) -> Case:
    """A net that learns a sum of each row; what it logs is the loss, a total, or a mean of some kind."""
    with seeded(0):
        net, x = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)), torch.randn(ROWS, 4)
        optimizer, told, count = torch.optim.Adam(net.parameters(), lr=0.01), 0.0, 0
        with watch(net, optimizer, data=x if data is None else data) as watching:
            for _ in range(EPOCHS):
                told = 0.0 if way == "reset" else told
                for part in x.split(SIZE):
                    part = x[:SIZE] if first_alone else part
                    loss = F.mse_loss(net(part), part.sum(1, keepdim=True))
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    count += 1
                    told = _told(way, told, loss, count)
                    watching.step(told)
    return watching.case()


def _told(way: str, told: float, loss: Tensor, count: int) -> float:
    if way in ("total", "reset"):
        return told + loss.item() / (ROWS // SIZE)
    if way == "mean of all":
        return told + (loss.item() - told) / count
    return 0.9 * told + 0.1 * loss.item() if way == "kept" else loss.item()


@pytest.mark.parametrize("way", ["total", "reset", "mean of all", "kept", "loss"])
def test_a_total_that_is_never_set_back_is_found_and_no_mean(way: str) -> None:
    reading = PROBES["loss-misreported"](trained(way))
    assert reading.found == (way == "total"), str(reading)


def test_a_few_numbers_are_no_total_yet() -> None:
    assert not is_running_total([(1.0, 0.5 * step) for step in range(1, 12)])
    assert not is_running_total([(-1.0, 0.5 * step) for step in range(1, 90)])


@pytest.mark.parametrize("kind", ["tensor", "data set"])
def test_rows_of_a_tensor_are_no_batches(kind: str) -> None:
    data = TensorDataset(torch.zeros(ROWS, 4)) if kind == "data set" else torch.zeros(ROWS, 4)
    sound, broken = trained(data=data), trained(data=data, first_alone=True)
    assert sound.seen.in_data == ROWS // SIZE
    assert not PROBES["same-batch-repeated"](sound).found
    assert PROBES["same-batch-repeated"](broken).found


def test_a_tensor_of_batches_holds_batches() -> None:
    assert trained(data=torch.zeros(7, SIZE, 4)).seen.in_data == 7


def test_a_curve_learned_from_twenty_points_and_looked_at_in_two_hundred_is_no_fault() -> None:
    with seeded(0):
        net, (x, grid) = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1)), map(_line, (20, 200))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        with watch(net, optimizer) as watching:
            for _ in range(30):
                loss = F.mse_loss(net(x), x.sin())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                with torch.no_grad():
                    F.mse_loss(net(grid), grid.sin())
    case = watching.case()
    assert case.held_out is not None
    assert not PROBES["same-batch-repeated"](case).found


def _line(points: int) -> Tensor:
    return torch.linspace(-3, 3, points)[:, None]
