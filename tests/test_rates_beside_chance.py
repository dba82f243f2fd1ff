"""A rate of 0.3 on classes that are drawn by chance, whose loss cannot fall far; and first steps from nothing."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, Trial, step_size

STEPS, N, CLASSES = 160, 64, 8


def drawn(count: int) -> tuple[Tensor, Tensor]:
    """Eight classes, of which the input makes some likelier."""
    x = torch.randn(count, 6)
    return x, torch.multinomial((1.5 * x @ torch.randn(6, CLASSES)).tanh().mul(1.6).softmax(1), 1)[:, 0]


def trained(net: nn.Module, lr: float) -> Case:
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    with seeded(2):
        every = drawn(STEPS * N)
    with watch(net, optimizer) as watching:
        for x, y in zip(*(part.split(N) for part in every), strict=True):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case()


def layers() -> nn.Module:
    with seeded(0):
        return nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, CLASSES))


def from_nothing() -> nn.Module:
    net = nn.Linear(6, CLASSES)
    nn.init.zeros_(net.weight)
    nn.init.zeros_(net.bias)
    return net


def test_steps_larger_than_all_weights_are_found_where_the_loss_has_a_high_floor() -> None:
    reading = PROBES["lr-too-high"](trained(layers(), 0.3))
    assert reading.found, str(reading)


def test_first_steps_from_nothing_and_a_usual_rate_are_not() -> None:
    for net, lr in ((from_nothing(), 0.05), (layers(), 0.01)):
        reading = PROBES["lr-too-high"](trained(net, lr))
        assert not reading.found, str(reading)


@pytest.mark.parametrize(("first_steps", "found"), [(2.0, False), (9.0, True)])
def test_a_tenth_of_the_rate_that_does_more_than_a_warm_up_says_that_the_rate_is_the_cause(
    monkeypatch: pytest.MonkeyPatch, *, first_steps: float, found: bool
) -> None:
    trial = Trial("", (2.1, *(first_steps,) * 30, *(1.9,) * 20), (2.1, *(0.2,) * 50))
    monkeypatch.setattr(step_size, "trial_of", lambda case, mend: trial)
    monkeypatch.setattr(step_size, "end_of", lambda case, steps, lr_scale: 0.15)
    assert step_size.no_warmup(trained(layers(), 0.01)).found == found
