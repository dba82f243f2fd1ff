"""A window that ends with its answer, in a program of another kind than those that showed it."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import nn

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES


def forecast(gap: int, *, first: bool = False) -> Case:
    """A walk that turns back to 0, and a linear forecast of it; or the first number is to be called back."""
    with seeded(0):
        steps, walk = torch.randn(900), [0.0]
        for step in steps.tolist():
            walk.append(0.8 * walk[-1] + step)
        windows = torch.tensor(walk).unfold(0, 7, 1)
        x, y = windows[:, :6], windows[:, 0] if first else windows[:, 5 + gap]
        model = nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 1), nn.Flatten(0))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        with watch(model, optimizer, loss_fn=nn.MSELoss()) as watching:
            for _ in range(30):
                for rows in torch.randperm(len(x)).split(60):
                    optimizer.zero_grad()
                    nn.functional.mse_loss(model(x[rows]), y[rows]).backward()
                    optimizer.step()
        return watching.case()


@pytest.mark.parametrize(("gap", "first", "found"), [(0, False, True), (1, False, False), (0, True, False)])
def test_a_window_that_ends_with_its_answer_leaks(gap: int, *, first: bool, found: bool) -> None:
    reading = PROBES["target-leak"](forecast(gap, first=first))
    assert reading.found is found, reading
