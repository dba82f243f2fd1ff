"""Answers that are compared with a table: by mistake, where a row and a column made it, or on purpose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, helps, trial_of

N, STEPS = 16, 30
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]  # answers (N, 1), two columns of numbers, each (N,)

MISTAKEN: dict[str, Loss] = {
    "a sum of a row and a column": lambda out, a, b: F.smooth_l1_loss(out, a + b[:, None]),
    "answers as a row": lambda out, a, b: (out.squeeze(1) - (a[:, None] + 2 * b)).abs().mean(),
}
MEANT: dict[str, Loss] = {
    "columns of one shape": lambda out, a, b: F.smooth_l1_loss(out, (a + b)[:, None]),
    "a mask of pairs taken away": lambda out, a, b: (
        torch.logsumexp(out.squeeze(1) - 1e3 * (a[:, None] < a), 1).mean() - out.mean()
    ),
    "differences of pairs": lambda out, a, b: ((out - out.T) - (a[:, None] - a)).square().mean(),
}


def answered(loss_of: Loss) -> Case:
    with seeded(0):
        net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        with watch(net, optimizer) as watching:
            for _ in range(STEPS):
                x = torch.randn(N, 4)
                loss = loss_of(net(x), 2 * x[:, 0], x[:, 1])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("name", MISTAKEN)
def test_a_table_that_a_row_and_a_column_made_is_found_and_its_diagonal_helps(name: str) -> None:
    case, probe = answered(MISTAKEN[name]), PROBES["broadcast-loss"]
    reading = probe(case)
    assert reading.found, str(reading)
    assert helps(trial_of(case, probe.mend(case)))


@pytest.mark.parametrize("name", MEANT)
def test_tables_that_are_meant_are_no_fault(name: str) -> None:
    reading = PROBES["broadcast-loss"](answered(MEANT[name]))
    assert not reading.found, str(reading)
