"""What is added for each place of a sequence may be so large that nothing is seen of what stands there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from foreign import seeded
from torch import Tensor, nn

from lossbook.diagnosis import watch
from lossbook.evidence import Case
from lossbook.probes import PROBES

N, LONG, WIDE = 480, 8, 16


class Beads(nn.Module):
    """A string of beads is of the kind of its one bright bead."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way, self.bead = way, nn.Linear(5, WIDE)
        places = torch.arange(LONG)[:, None] / 10 ** torch.linspace(0, 2, WIDE)
        self.register_buffer("wave", torch.sin(places))
        self.place = nn.Parameter(torch.randn(1, LONG, WIDE) * (40.0 if way == "weights" else 0.5))
        self.read, self.out = nn.Linear(WIDE, 24), nn.Linear(24, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = self.bead(x)
        if self.way == "seconds":
            h = h + 60.0 * torch.arange(LONG, dtype=h.dtype, device=h.device)[:, None]
        elif self.way == "waves":
            h = h + self.wave
        else:
            h = h + self.place
        return self.out(torch.relu(self.read(h)).amax(1))


class Hours(nn.Module):
    """Loads of a day: the usual ones, which are large, and what a day adds to each hour."""

    def __init__(self, usual: Tensor) -> None:
        super().__init__()
        self.register_buffer("usual", usual)
        self.net = nn.Sequential(nn.Linear(3, 24), nn.Tanh(), nn.Linear(24, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x) + self.usual


def trained(model: nn.Module, x: Tensor, y: Tensor, loss_fn: Callable[[Tensor, Tensor], Tensor]) -> Case:
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    with watch(model, optimizer) as watching:
        for rows in (rows for _ in range(10) for rows in torch.randperm(N).split(32)):
            optimizer.zero_grad()
            loss = loss_fn(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case()


def beads(way: str) -> Case:
    with seeded(0):
        kind, at = torch.randint(4, (N,)), torch.randint(LONG, (N,))
        x = 0.3 * torch.randn(N, LONG, 5)
        x[torch.arange(N), at, kind] += 2
        return trained(Beads(way), x, kind, F.cross_entropy)


@pytest.mark.parametrize(("way", "cause"), [("seconds", "unscaled-inputs"), ("weights", "bad-init-scale")])
def test_places_that_drown_what_stands_there_are_found(way: str, cause: str) -> None:
    reading = PROBES[cause](beads(way))
    assert reading.found, reading
    assert "for each place" in reading.sentence


@pytest.mark.parametrize("way", ["waves", "a table"])
def test_places_of_a_size_with_it_are_not(way: str) -> None:
    case = beads(way)
    assert not any(PROBES[cause](case).found for cause in ("unscaled-inputs", "bad-init-scale"))


def test_what_is_usual_in_each_place_may_be_large() -> None:
    with seeded(0):
        usual = 30 * torch.sin(torch.arange(LONG) * 0.8)[:, None]
        x = torch.randn(N, LONG, 3)
        case = trained(Hours(usual), x, usual + x[..., :1] * x[..., 1:2], F.mse_loss)
    assert not any(PROBES[cause](case).found for cause in ("unscaled-inputs", "bad-init-scale"))
