"""How held-out examples are judged and prepared, in programs of another kind than those that showed what was missed."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, WIDTH = 32, 6


def judged_by_fours(*, calls_eval: bool, drops: float) -> Case:
    """A regression whose validation takes four rows at a time, fewer than a batch of the training has."""
    with seeded(0):
        x = torch.randn(640, WIDTH)
        y = x[:, :1] * x[:, 1:2] + x[:, 2:3]
        model = nn.Sequential(nn.Linear(WIDTH, 64), nn.Tanh(), nn.Dropout(drops), nn.Linear(64, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        with watch(model, optimizer) as watching:
            for _ in range(8):
                model.train()
                for part in torch.randperm(600).split(N):
                    loss = F.mse_loss(model(x[part]), y[part])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                if calls_eval:
                    model.eval()
                with torch.no_grad():
                    val = [F.mse_loss(model(x[i : i + 4]), y[i : i + 4]) for i in range(600, 640, 4)]
                watching.step(loss, val_loss=torch.stack(val).mean())
    return watching.case()


@pytest.mark.parametrize(
    ("calls_eval", "drops", "found"), [(False, 0.5, True), (True, 0.5, False), (False, 0.0, False)]
)
def test_a_validation_of_few_rows_at_a_time_in_train_mode_is_found(
    calls_eval: bool, drops: float, *, found: bool
) -> None:
    reading = PROBES["train-eval-mode"](judged_by_fours(calls_eval=calls_eval, drops=drops))
    assert reading.found is found, reading
