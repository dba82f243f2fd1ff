"""Pairs of which both are varied at random: so that nothing is left to tell, or as views of one thing."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

WIDE, MANY = 24, 640


class Answers(Dataset):
    """Two rows of numbers; is the largest of both in one half?"""

    def __init__(self, how: str) -> None:
        self.how, place = how, torch.randint(0, WIDE, (MANY, 2))
        self.rows = 3 * F.one_hot(place, WIDE) + 0.3 * torch.randn(MANY, 2, WIDE)
        self.alike = ((place < WIDE // 2).sum(1) != 1).long()

    def __len__(self) -> int:
        return MANY

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor, Tensor]:
        one, other = self.rows[i]
        if self.how == "mixed up":
            return one[torch.randperm(WIDE)], other[torch.randperm(WIDE)], self.alike[i]
        if self.how == "views":
            return one + 0.5 * torch.randn(WIDE), one + 0.5 * torch.randn(WIDE), self.alike[i]
        if self.how == "partner":
            return one + 0.1 * torch.randn(WIDE), self.rows[int(torch.randint(0, MANY, ()))][1], self.alike[i]
        return one + 0.1 * torch.randn(WIDE), other + 0.1 * torch.randn(WIDE), self.alike[i]


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2 * WIDE, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return self.net(torch.cat([one, other], dim=1))


def of_pairs(how: str) -> Case:
    with seeded(0):
        loader = DataLoader(Answers(how), batch_size=20, shuffle=True)
        model = Pair()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
        with watch(model, optimizer, data=loader) as watching:
            for _ in range(6):
                for one, other, alike in loader:
                    loss = F.cross_entropy(model(one, other), alike)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    watching.step(loss)
    return watching.case()


@pytest.mark.parametrize(("how", "found"), [("mixed up", True), ("noise", False)])
def test_a_variation_of_both_that_takes_the_answer_away(how: str, *, found: bool) -> None:
    case = of_pairs(how)
    assert case.unvaried
    reading = PROBES["augmentation-too-strong"](case)
    assert reading.found is found, reading


@pytest.mark.parametrize("how", ["views", "partner"])
def test_views_of_one_thing_and_partners_that_are_drawn_are_no_variation(how: str) -> None:
    assert of_pairs(how).unvaried == ()
