"""Rounding and signs within a model let no gradient through; a straight-through line, or a way beside them, does."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from foreign import seeded
from torch import Tensor, nn

from lossbook.diagnosis import watch
from lossbook.evidence import Case
from lossbook.probes import PROBES

N = 320


class Coded(nn.Module):
    """Numbers are made into a code of a few levels, and the code into an answer."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way, self.coder = way, nn.Linear(8, 12)
        self.answer = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 3))

    def code(self, h: Tensor) -> Tensor:
        if self.way == "levels":
            return torch.round(4 * h.sigmoid()) / 4
        if self.way == "signs":
            return h.sign()
        if self.way == "straight through":
            return h + (torch.round(h) - h).detach()
        if self.way == "beside":
            return torch.where(h.abs() > 1, h.sign(), h) + 0 * h.round()
        return h if self.training else h.round()

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(self.code(self.coder(x)))


WAYS = {
    "levels": True,
    "signs": True,
    "straight through": False,
    "beside": False,
    "only when it is judged": False,
}


def sorted_stones(way: str) -> Case:
    """Three kinds; two of eight numbers tell them apart, and the others are many times as large."""
    kind = torch.arange(N) % 3
    angle = kind * 2.1 + 0.2 * torch.randn(N)
    x = torch.cat([torch.stack([angle.cos(), angle.sin()], 1), 3 * torch.randn(N, 6)], 1)
    model = Coded(way)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with watch(model, optimizer) as watching:
        for rows in (rows for _ in range(10) for rows in torch.randperm(N).split(32)):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[rows]), kind[rows])
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case()


@pytest.mark.parametrize("way", WAYS)
def test_what_has_no_slope_cuts_the_way_back(way: str) -> None:
    with seeded(0):
        case = sorted_stones(way)
    reading = PROBES["graph-detached"](case)
    assert reading.found is WAYS[way], reading
    if WAYS[way]:
        assert "coder.weight" in reading.sentence
        assert reading.trial is not None
        assert "no slope" in reading.sentence


def test_a_code_that_is_fixed_on_purpose_is_no_fault() -> None:
    """The signs of 400 random sums are drawn once; what is learnt from them is enough."""

    class Hashed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hash, self.answer = nn.Linear(4, 400), nn.Linear(400, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.answer(self.hash(x).sign())

    with seeded(0):
        x, model = torch.randn(N, 4), Hashed()
        y = (x.sum(1) > 0).long()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        with watch(model, optimizer) as watching:
            for rows in (rows for _ in range(20) for rows in torch.randperm(N).split(32)):
                optimizer.zero_grad()
                loss = F.cross_entropy(model(x[rows]), y[rows])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    assert not PROBES["graph-detached"](watching.case()).found
