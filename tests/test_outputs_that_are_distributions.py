"""A model that returns a distribution, as people write it: the loss is told from the tensors within."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import (
    Beta,
    Categorical,
    Distribution,
    Independent,
    MixtureSameFamily,
    Normal,
    TransformedDistribution,
)
from torch.distributions.transforms import SigmoidTransform
from torch.nn.functional import softplus

import lossbook
from lossbook.diagnosis import Report
from lossbook.evidence.structure import mapped, tensors

Makes = Callable[[Tensor], Distribution]

KINDS: dict[str, Makes] = {
    "Beta": lambda h: Beta(softplus(h[:, 0]) + 0.1, softplus(h[:, 1]) + 0.1),
    "Independent": lambda h: Independent(Normal(h[:, :1], softplus(h[:, 1:2]) + 0.05), 1),
    "mixture": lambda h: MixtureSameFamily(Categorical(logits=h[:, :2]), Normal(h[:, 2:4], softplus(h[:, 4:6]) + 0.05)),
    "transformed": lambda h: TransformedDistribution(Normal(h[:, 0], softplus(h[:, 1]) + 0.05), [SigmoidTransform()]),
}


class Likely(nn.Module):
    def __init__(self, make: Makes) -> None:
        super().__init__()
        self.make = make
        self.body = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 6))

    def forward(self, x: Tensor) -> Distribution:
        return self.make(self.body(x))


def report_of(kind: str, lr: float) -> Report:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Likely(KINDS[kind])
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        x = torch.randn(640, 4)
        y = torch.sigmoid(x[:, 0] + 0.3 * torch.randn(640)) * 0.98 + 0.01
        with lossbook.watch(model, optimizer) as watching:
            for rows in torch.randint(0, 640, (160, 64)):
                target = y[rows, None] if kind == "Independent" else y[rows]
                loss = -model(x[rows]).log_prob(target).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss.item())
    return watching.report(seed=0, steps=2000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rate_that_is_too_high_is_seen_whatever_distribution_comes_out(kind: str) -> None:
    report = report_of(kind, lr=3.0)
    assert [one.cause for one in report.findings][:1] == ["lr-too-high"], report


@pytest.mark.parametrize("kind", KINDS)
def test_and_a_sound_training_is_sound(kind: str) -> None:
    report = report_of(kind, lr=5e-3)
    assert report.healthy, report
    assert "loss" not in " ".join(report.notes)


def test_tensors_of_a_distribution_within_another_are_exchanged_in_a_copy_alone() -> None:
    outer = KINDS["Beta"](torch.zeros(3, 2))
    moved = mapped(lambda tensor: tensor + 1, outer)
    assert len(tensors(outer)) == 1
    assert torch.equal(tensors(moved)[0], tensors(outer)[0] + 1)
