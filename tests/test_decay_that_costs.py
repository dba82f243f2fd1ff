"""A decay that takes little of the fall, and leaves a multiple of what would be left."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, WIDTH, STEPS = 64, 4, 120


def trained(decay: float) -> Case:
    """Half of it is a slope, which is easily found, and half a fold; Adam adds the decay to the gradient."""
    with seeded(0):
        model = nn.Sequential(nn.Linear(WIDTH, 64), nn.ReLU(), nn.Linear(64, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=decay)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                x = torch.randn(N, WIDTH)
                y = x[:, :1] + 1.2 * (x[:, 1:2].abs() - 0.8)
                optimizer.zero_grad()
                F.mse_loss(model(x), y).backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize(("decay", "found"), [(0.3, True), (1e-4, False)])
def test_a_decay_that_leaves_a_multiple_is_found(decay: float, found: bool) -> None:
    reading = PROBES["weight-decay-too-strong"](trained(decay))
    assert reading.found is found, reading
