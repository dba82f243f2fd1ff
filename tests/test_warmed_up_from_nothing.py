"""A rate that begins at zero: copies with other weights or parameters train at the rates that were seen, too."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

STEPS = 150


class Angles(nn.Module):
    """A body and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 3), nn.Tanh())
        self.head = nn.Linear(3, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


def warmed_up(*, frozen: bool = False, forgotten: bool = False) -> Case:
    """A training whose rate rises from zero, with its body frozen or not given to the optimiser."""
    with seeded(0):
        net = Angles()
        net.body.requires_grad_(not frozen)
        optimizer = torch.optim.Adam((net.head if forgotten else net).parameters(), lr=0.0)
        with watch(net, optimizer, loss_fn=F.cross_entropy) as watching:
            for step, x in enumerate(torch.randn(STEPS, 32, 2), 1):
                optimizer.param_groups[0]["lr"] = 0.02 * min(step / 60, 1.0)
                optimizer.zero_grad()
                angle = torch.atan2(x[:, 1] * x[:, 0], x[:, 0] ** 2 - 1)
                loss = F.cross_entropy(net(x), ((angle / torch.pi + 1) * 4).long().clamp(0, 7))
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize(("frozen", "forgotten"), [(True, False), (False, True)])
def test_a_body_that_is_left_out_is_found(frozen: bool, forgotten: bool) -> None:
    reading = PROBES["parameters-not-optimized"](warmed_up(frozen=frozen, forgotten=forgotten))
    assert reading.found, str(reading)


def test_nothing_is_accused_where_all_is_trained() -> None:
    case = warmed_up()
    found = {key: str(reading) for key in ("parameters-not-optimized", "lr-too-low", "weights-not-loaded")
             if (reading := PROBES[key](case)).found}  # fmt: skip
    assert found == {}
