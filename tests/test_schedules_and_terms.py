"""Schedules that end at once, and terms that drown others, in programs of another kind than those that were missed."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

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
