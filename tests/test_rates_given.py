"""Counts whose net gives rates, while torch's Poisson loss takes them for logarithms; and nets that give logarithms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

End = Callable[[Tensor], Tensor]


def arrivals(end: End, *, log_input: bool, at_least: float = 0.1) -> Case:
    """How many guests come in an hour, from the hour and the weather; by a loop without a loader."""
    with seeded(2):
        x = torch.rand(1200, 5)
        y = torch.poisson(at_least + 4 * x[:, 0] ** 3)
        net = nn.Sequential(nn.Linear(5, 24), nn.SiLU(), nn.Linear(24, 1), nn.Flatten(0))
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
        with watch(model := Ended(net, end), optimizer) as watching:
            for rows in [rows for _ in range(4) for rows in torch.randperm(1200).split(30)]:
                optimizer.zero_grad()
                loss = F.poisson_nll_loss(model(x[rows]), y[rows], log_input=log_input)
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


class Ended(nn.Module):
    """A net, and what is made of its output."""

    def __init__(self, net: nn.Module, end: End) -> None:
        super().__init__()
        self.net, self.end = net, end

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.net(x))


@pytest.mark.parametrize("end", [torch.exp, F.softplus])
def test_rates_that_are_taken_for_logarithms(end: End) -> None:
    assert PROBES["wrong-loss"](arrivals(end, log_input=True)).found


@pytest.mark.parametrize("end", [torch.exp, F.softplus])
def test_rates_that_are_taken_as_such_are_sound(end: End) -> None:
    assert not PROBES["wrong-loss"](arrivals(end, log_input=False)).found


def test_logarithms_that_may_be_below_0_are_sound() -> None:
    assert not PROBES["wrong-loss"](arrivals(lambda out: out, log_input=True)).found


def test_logarithms_of_rates_that_are_all_above_1_may_end_with_a_softplus() -> None:
    assert not PROBES["wrong-loss"](arrivals(F.softplus, log_input=True, at_least=8.0)).found
