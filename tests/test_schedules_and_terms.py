"""Schedules that end at once, and terms that drown others, in programs of another kind than those that were missed."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, helps

N, WIDTH = 32, 6


def stepped(*, at_each_batch: bool, first: float = 0.0) -> Case:
    """A regression whose rate falls to a tenth after ten epochs, or batches; the answers begin near, or far off."""
    with seeded(0):
        x = torch.randn(640, WIDTH)
        y = first + torch.sin(x[:, :1]) + x[:, 1:2] * x[:, 2:3]
        model = nn.Sequential(nn.Linear(WIDTH, 64), nn.Tanh(), nn.Linear(64, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
        with watch(model, optimizer) as watching:
            for _ in range(15):
                for part in torch.randperm(640).split(N):
                    loss = F.mse_loss(model(x[part]), y[part])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    if at_each_batch:
                        scheduler.step()
                    watching.step(loss)
                if not at_each_batch:
                    scheduler.step()
    return watching.case()


@pytest.mark.parametrize("first", [0.0, 2.0])
@pytest.mark.parametrize("at_each_batch", [True, False])
def test_a_schedule_in_epochs_that_is_stepped_at_each_batch_is_found(*, at_each_batch: bool, first: float) -> None:
    reading = PROBES["schedule-decays-too-early"](stepped(at_each_batch=at_each_batch, first=first))
    assert reading.found is at_each_batch, reading


class TwoAnswers(nn.Module):
    """A gated layer for both: the kind of a parcel, and what it weighs in grams."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(WIDTH, 16), nn.GLU(), nn.Linear(8, 12), nn.Tanh())
        self.kind, self.grams = nn.Linear(12, 3), nn.Linear(12, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.shared(x)
        return self.kind(h), self.grams(h)


def parcels(unit: float, weight: float = 1.0) -> Case:
    """Cross entropy and squared error added up; the grams in this unit, and their error counted so often."""
    with seeded(2):
        x = torch.randn(800, WIDTH)
        kind = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 1).long()
        grams = unit * (2 + torch.sin(x[:, 3:4]) + x[:, 4:5])
        model = TwoAnswers()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        with watch(model, optimizer) as watching:
            for _ in range(12):
                for part in torch.randperm(800).split(N):
                    inputs, kinds, weighs = x[part], kind[part], grams[part]
                    logits, said = model(inputs)
                    loss = F.cross_entropy(logits, kinds) + weight * F.mse_loss(said, weighs)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    watching.step(loss)
    return watching.case()


@pytest.mark.parametrize(("unit", "weight", "found"), [(1000.0, 1.0, True), (1.0, 1.0, False), (1000.0, 1e-6, False)])
def test_a_term_whose_unit_drowns_the_other_is_found(unit: float, weight: float, *, found: bool) -> None:
    case = parcels(unit, weight)
    reading = PROBES["loss-terms-unbalanced"](case)
    assert reading.found is found, reading
    assert not found or helps(reading.trial)  # type: ignore[arg-type]


def test_a_loss_whose_number_hides_another_one_is_told_as_the_sum_that_it_is() -> None:
    case = parcels(1e5)
    assert isinstance(case.batches[0].target, tuple)
    assert len(case.batches[0].target) == 2
