"""Columns of a table that are filled in for one of two answers alone, and columns that only look like it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

ROWS, BATCH = 640, 32


def days_until_the_end(score: Tensor, leaves: Tensor) -> Tensor:
    """How long a contract lasted that was ended; -1 where it goes on."""
    return torch.where(leaves, 0.2 + torch.rand(ROWS), torch.tensor(-1.0))


def letters_that_were_written(score: Tensor, leaves: Tensor) -> Tensor:
    """Who wants to leave writes one; some do not, and some complain and stay."""
    writes = leaves ^ (torch.rand(ROWS) < 0.03)
    return torch.where(writes, 0.2 + torch.rand(ROWS), torch.tensor(-1.0))


def what_decides(score: Tensor, leaves: Tensor) -> Tensor:
    """It was known before, and whoever is above a bound leaves."""
    return score


def a_kind_of_contract(score: Tensor, leaves: Tensor) -> Tensor:
    """One of two kinds can be ended, and is."""
    return leaves.float()


def trained(column: Callable[[Tensor, Tensor], Tensor]) -> Case:
    with seeded(0):
        x = torch.randn(ROWS, 5)
        score = x[:, 0] + x[:, 1] * x[:, 2]
        leaves = score > 0.3
        x = torch.cat([x, column(score, leaves)[:, None]], dim=1)
        model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
        with watch(model, optimizer) as watching:
            for _ in range(12):
                for rows in torch.randperm(ROWS).split(BATCH):
                    optimizer.zero_grad()
                    loss = F.binary_cross_entropy_with_logits(model(x[rows])[:, 0], leaves[rows].float())
                    loss.backward()
                    optimizer.step()
    return watching.case()


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (days_until_the_end, True),
        (letters_that_were_written, False),
        (what_decides, False),
        (a_kind_of_contract, False),
    ],
)
def test_a_column_that_is_filled_in_for_one_answer_alone(
    column: Callable[[Tensor, Tensor], Tensor], found: bool
) -> None:
    reading = PROBES["target-leak"](trained(column))
    assert reading.found is found, reading
    if found:
        assert "number 5" in reading.sentence
