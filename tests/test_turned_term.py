"""A penalty on outputs that is taken away instead of added; and terms that are below 0 on purpose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.turned_term import term_turned_round

STEPS, N = 200, 32
Line = Callable[[tuple[Tensor, Tensor], Tensor], Tensor]


class Coded(nn.Module):
    """A number for each example, and a code from which it is made."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.leave = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 4)), nn.Linear(4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        code = self.enter(x)
        return self.leave(code)[:, 0], code


def small_code(sign: float) -> Line:
    return lambda out, y: F.mse_loss(out[0], y) + sign * 0.1 * out[1].pow(2).sum(1).mean()


def spread(out: tuple[Tensor, Tensor], y: Tensor) -> Tensor:
    """Codes of unit length, which are kept apart."""
    unit = F.normalize(out[1], dim=1)
    return F.mse_loss(out[0], y) - 5 * torch.cdist(unit, unit).pow(2).mean()


def open_minded(out: tuple[Tensor, Tensor], y: Tensor) -> Tensor:
    """Minus the entropy of a choice."""
    share = out[1].softmax(1)
    return F.mse_loss(out[0], y) + (share * share.log()).sum(1).mean()


def scored(out: tuple[Tensor, Tensor], y: Tensor) -> Tensor:
    """A score that has no end, as that of a critic, grows in a straight line."""
    return F.mse_loss(out[0], y) - out[1].mean()


def likely(out: tuple[Tensor, Tensor], y: Tensor) -> Tensor:
    """A normal distribution of targets that vary little."""
    log_scale = out[1][:, 0]
    return (log_scale + 0.5 * ((0.01 * y - 0.01 * out[0]) / log_scale.exp()) ** 2).mean() + 0.1


def trained(line: Line) -> Case:
    with seeded(0):
        net = Coded()
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        with watch(net, optimizer) as watching:
            for x in torch.randn(STEPS, N, 5):
                optimizer.zero_grad()
                loss = line(net(x), x.sum(1))
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def test_a_penalty_on_outputs_with_the_wrong_sign_is_found() -> None:
    reading = PROBES["loss-sign-flipped"](trained(small_code(-1.0)))
    assert reading.found, str(reading)
    assert "a term of the outputs alone, which has no lowest value" in reading.sentence


@pytest.mark.parametrize("line", [small_code(1.0), spread, open_minded, scored, likely])
def test_terms_that_are_meant_are_not(line: Line) -> None:
    assert term_turned_round(trained(line)) is None
