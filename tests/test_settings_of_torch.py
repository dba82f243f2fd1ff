"""Settings of torch's optimisers and schedules that undo a training, and the same settings where they are meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, helps, trial_of

Score = Callable[[Tensor, Tensor], Tensor]


def tides(score: Score, *, maximize: bool = False, factor: Any = None, steps: bool = True, n: int = 60) -> Case:
    """Heights of the tide from the time of day, as classes, by an optimiser and a schedule."""
    with seeded(4):
        net = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 4))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, maximize=maximize)
        schedule = LambdaLR(optimizer, factor) if factor is not None else None
        with watch(net, optimizer) as watching:
            for _ in range(n):
                x = torch.randn(32, 2)
                optimizer.zero_grad()
                value = score(net(x), ((x[:, 0] > 0).long() + 2 * (x[:, 1] > 0).long()))
                value.backward()
                optimizer.step()
                if schedule is not None and steps:
                    schedule.step()
                watching.step(value)
    return watching.case()


def likelihood(out: Tensor, y: Tensor) -> Tensor:
    return out.log_softmax(1).gather(1, y[:, None]).mean()


def test_a_loss_that_is_maximised() -> None:
    case = tides(F.cross_entropy, maximize=True)
    probe = PROBES["loss-sign-flipped"]
    assert probe(case).certain
    assert probe.mend is not None
    assert helps(trial_of(case, probe.mend(case)))


def test_a_likelihood_is_maximised_on_purpose() -> None:
    assert not PROBES["loss-sign-flipped"](tides(likelihood, maximize=True)).found
    assert not PROBES["loss-sign-flipped"](tides(F.cross_entropy)).found


def test_a_rate_that_stays_zero() -> None:
    for never in (
        tides(F.cross_entropy, factor=lambda i: 0.0 * 1.1**i),
        tides(F.cross_entropy, factor=lambda i: i / 10, steps=False),
    ):
        assert PROBES["lr-too-low"](never).certain


def test_a_rate_that_rises_from_zero_or_falls_to_it_is_sound() -> None:
    for factor in (lambda i: min(1.0, i / 30), lambda i: 1.0 - i / 60):
        assert not PROBES["lr-too-low"](tides(F.cross_entropy, factor=factor)).found
