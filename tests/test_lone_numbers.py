"""A norm whose groups are one number each lets nothing through; of several numbers it does."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from foreign import seeded
from torch import Tensor, nn

from lossbook.diagnosis import watch
from lossbook.evidence import Case
from lossbook.probes import PROBES
from lossbook.probes.lone_numbers import normalised_alone

N, CHANNELS = 320, 12


class Gauges(nn.Module):
    """What kind of a curve a gauge draws, by the levels of its channels."""

    def __init__(self, groups: int, *, beside: bool) -> None:
        super().__init__()
        self.read = nn.Conv1d(1, CHANNELS, 5)
        self.norm, self.beside = nn.GroupNorm(groups, CHANNELS, eps=1e-10), beside
        self.out = nn.Linear(CHANNELS, 3)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(self.read(x)).mean(-1)[..., None, None]
        return self.out((h + self.norm(h) if self.beside else self.norm(h)).flatten(1))


def curves(groups: int, *, beside: bool = False) -> Case:
    with seeded(0):
        kind = torch.randint(3, (N,))
        x = torch.sin(torch.arange(24) * torch.tensor([0.3, 0.9, 2.0])[kind, None]) + 0.2 * torch.randn(N, 24)
        model = Gauges(groups, beside=beside)
        optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
        with watch(model, optimizer) as watching:
            for rows in (rows for _ in range(10) for rows in torch.randperm(N).split(32)):
                optimizer.zero_grad()
                loss = F.cross_entropy(model(x[rows, None]), kind[rows])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def test_a_norm_of_one_number_lets_nothing_through() -> None:
    """A processor may round so that no output changes at all; then the test itself says so, in its own words."""
    case = curves(CHANNELS)
    reading = normalised_alone(case)
    assert reading is not None
    assert reading.found, reading
    assert "one number" in reading.sentence
    assert PROBES["input-ignored"](case).found


@pytest.mark.parametrize("groups", [1, 3])
def test_a_norm_of_several_numbers_does(groups: int) -> None:
    assert not PROBES["input-ignored"](curves(groups)).found


def test_where_there_is_a_way_beside_it_nothing_is_lost() -> None:
    assert not PROBES["input-ignored"](curves(CHANNELS, beside=True)).found
