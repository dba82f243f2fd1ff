"""Settings that nobody means, whose harm shows only in as many steps as the training had."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from foreign import seeded, trained
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case, watch
from lossbook.probes import PROBES

STEPS = 400
ADAM, SGD = torch.optim.Adam, torch.optim.SGD


def parity(kind: Any = ADAM, steps: int = STEPS, **settings: Any) -> Case:
    """The sign of a product of three numbers, which a net finds only after hundreds of steps."""
    with seeded(1):
        net = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1), nn.Flatten(0))
        optimizer = kind(net.parameters(), **settings)
        with watch(net, optimizer) as watching:
            for x in torch.randint(0, 2, (steps, 64, 6)) * 2.0 - 1:
                loss = F.binary_cross_entropy_with_logits(net(x), (x[:, 0] * x[:, 1] * x[:, 2] > 0).float())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize(
    ("cause", "kind", "wrong", "right"),
    [
        ("adam-betas", ADAM, {"lr": 2e-3, "betas": (0.999, 0.9)}, {"lr": 2e-3}),
        ("adam-eps", ADAM, {"lr": 2e-3, "eps": 1.0}, {"lr": 2e-3}),
        ("momentum-too-high", SGD, {"lr": 0.5, "momentum": 0.999}, {"lr": 0.05, "momentum": 0.9}),
    ],
)
def test_what_nobody_means_is_tried_at_length(
    cause: str, kind: Any, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    assert PROBES[cause](parity(kind, **wrong)).found
    assert not PROBES[cause](parity(kind, **right)).found


@pytest.mark.parametrize("settings", [{"eps": 1e-3, "lr": 0.02}, {"betas": (0.5, 0.999)}, {"betas": (0.95, 0.95)}])
def test_settings_that_are_meant_and_do_no_harm_are_not_accused(settings: dict[str, Any]) -> None:
    case = parity(**{"lr": 5e-3} | settings)
    assert not any(PROBES[cause](case).found for cause in ("adam-betas", "adam-eps"))


def own_shape(output: Tensor, y: Tensor) -> Tensor:
    return F.smooth_l1_loss(output, y.unsqueeze(-1)[..., 0])


def all_pairs(output: Tensor, y: Tensor) -> Tensor:
    return (output - y.reshape(-1, 1)).abs().mean()


def ranked(output: Tensor, y: Tensor) -> Tensor:
    """All are compared with all, on purpose."""
    ahead = (y[:, None] > y[None]).float()
    return (F.softplus(output[None] - output[:, None]) * ahead).sum() / ahead.sum().clamp(min=1)


def correlated(output: Tensor, y: Tensor) -> Tensor:
    a, b = output - output.mean(), y - y.mean()
    return 1 - (a * b).sum() / (a.norm() * b.norm() + 1e-6)


@pytest.mark.parametrize(
    ("loss", "found"), [(all_pairs, True), (own_shape, False), (ranked, False), (correlated, False)]
)
def test_a_loss_that_compares_each_output_with_each_target(loss: Any, found: bool) -> None:
    with seeded(0):
        net, x = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1), nn.Flatten(0)), torch.randn(20, 32, 4)
        batches = [Batch.of(each, each.sum(1)) for each in x]
    case = trained(net, ADAM(net.parameters(), lr=0.01), loss, batches, 40)
    assert PROBES["broadcast-loss"](case).found == found


def pinball(output: Tensor, y: Tensor) -> Tensor:
    gap, at = y[:, None] - output, torch.tensor([0.1, 0.5, 0.9])
    return torch.maximum(at * gap, (at - 1) * gap).mean()


@pytest.mark.parametrize(("scale", "found"), [(1.0, False), (2000.0, True)])
def test_targets_of_several_quantiles_may_be_unscaled(scale: float, found: bool) -> None:
    with seeded(0):
        net, x = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3)), torch.randn(80, 32, 4)
        batches = [Batch.of(each, scale * (each.sum(1) + 0.1 * torch.randn(32))) for each in x]
    case = trained(net, ADAM(net.parameters(), lr=0.01), pinball, batches, 80)
    assert PROBES["unscaled-targets"](case).found == found
