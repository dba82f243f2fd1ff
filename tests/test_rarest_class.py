"""A rare class that could be told apart, and one of which a single example came."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import nn
from torch.nn import functional as F

from lossbook.evidence import watch
from lossbook.probes import PROBES

ROWS, N, STEPS = 1200, 40, 150


@pytest.mark.parametrize(("of_the_rare", "found"), [(24, True), (1, False), (2, False)])
def test_a_single_example_is_no_class_that_is_never_named(of_the_rare: int, found: bool) -> None:
    with seeded(0):
        y = torch.randint(1, 3, (ROWS,))
        y[:of_the_rare] = 0
        x = torch.randn(ROWS, 4)
        x[:, 0] += 2.0 * (y == 0)
        x[:, 1] += 5.0 * (y == 2)
        model = nn.Linear(4, 3)
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-2)
        with watch(model, optimizer) as watching:
            for step in range(STEPS):
                if step * N % ROWS == 0:
                    order = torch.randperm(ROWS)
                rows = order[step * N % ROWS :][:N]
                optimizer.zero_grad()
                F.cross_entropy(model(x[rows]), y[rows]).backward()
                optimizer.step()
    reading = PROBES["class-imbalance"](watching.case())
    assert reading.found is found, reading
