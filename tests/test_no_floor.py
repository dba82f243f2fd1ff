"""Losses that weigh what was done by what it was worth, which no trial can judge; and losses with a lowest value."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.distributions import Categorical, Normal
from torch.nn import functional as F

from lossbook.diagnosis.budget import Budget
from lossbook.diagnosis.diagnose import diagnosed
from lossbook.evidence import Case, watch
from lossbook.probes import Probe, Reading, Trial
from lossbook.probes.no_floor import falls_without_end

N, WIDTH, ARMS = 60, 8, 5
Line = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]


def of_a_choice(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    chosen = Categorical(logits=net(x))
    return -(chosen.log_prob(arm) * worth).mean() - 0.01 * chosen.entropy().mean()


def of_entropies(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    return (F.cross_entropy(net(x), arm, reduction="none") * worth).mean()


def picked(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    return -(net(x).log_softmax(1)[torch.arange(N), arm] * worth).sum()


def clipped(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    likely = net(x).log_softmax(1)[torch.arange(N), arm]
    ratio = (likely - likely.detach()).exp()
    return -torch.minimum(ratio * worth, ratio.clamp(0.8, 1.2) * worth).mean()


def near_the_mean(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    mean = net(x)[:, 0]
    return -(Normal(mean, 0.5).log_prob(arm - 2.0) * worth).mean()


def squares(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    return F.mse_loss(net(x)[:, 0], worth)


def absolute(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    return F.smooth_l1_loss(net(x)[:, 0], worth)


def far_off(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    """Outputs that are thousands of times as large as the targets, as of weights that are far too large."""
    return F.l1_loss(1e4 * (1 + net(x)[:, 0]), worth)


def hinge(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    return (1 - worth.sign() * net(x)[:, 0]).clamp_min(0).mean()


def logistic(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    return F.softplus(-worth.sign() * net(x)[:, 0]).mean()


def pinball(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    apart = worth - net(x)[:, 0]
    return torch.maximum(0.9 * apart, -0.1 * apart).mean()


def gaussian(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    mean, log_scale = net(x)[:, :2].unbind(1)
    return -Normal(mean, log_scale.exp()).log_prob(worth).mean()


def alike(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    return 1 - F.cosine_similarity(net(x)[:, 0], worth, dim=0)


def weighted(net: nn.Module, x: Tensor, arm: Tensor, worth: Tensor) -> Tensor:
    """Classes, of which some count more."""
    return (F.cross_entropy(net(x), arm, reduction="none") * (0.1 + worth.abs())).mean()


def trained(line: Line, lr: float = 1e-2, steps: int = 160) -> Case:
    """Who comes gets an arm that is drawn for it, and what that is worth; each time somebody else."""
    with seeded(0):
        net = nn.Sequential(nn.Linear(WIDTH, 48), nn.Tanh(), nn.Linear(48, ARMS))
        optimizer, taste = torch.optim.Adam(net.parameters(), lr), torch.randn(WIDTH, ARMS)
        with watch(net, optimizer) as watching:
            for _ in range(steps):
                x = torch.randn(N, WIDTH)
                with torch.no_grad():
                    arm = torch.multinomial(net(x).softmax(1), 1)[:, 0]
                won = ((x @ taste)[torch.arange(N), arm] > 0.5).float()
                worth = (won - won.mean()) / (won.std() + 1e-8)
                optimizer.zero_grad()
                loss = line(net, x, arm, worth)
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize("line", [of_a_choice, of_entropies, picked, clipped, near_the_mean])
def test_what_was_done_is_weighed_by_what_it_was_worth(line: Line) -> None:
    assert falls_without_end(trained(line, steps=20))


@pytest.mark.parametrize("line", [squares, absolute, far_off, hinge, logistic, pinball, gaussian, alike, weighted])
def test_a_loss_that_has_a_lowest_value_is_no_such_sum(line: Line) -> None:
    case = trained(line, steps=20)
    assert case.loss_of is not None
    assert not falls_without_end(case)


ACCUSES = Probe(lambda case: Reading("found", "it ends lower", trial=Trial("it was changed", (1.0,) * 20, (0.0,) * 20)))


@pytest.mark.parametrize(
    ("line", "cause", "named"),
    [
        (of_a_choice, "no-warmup", False),
        (of_a_choice, "unscaled-inputs", False),
        (of_a_choice, "missing-zero-grad", True),
        (hinge, "no-warmup", True),
    ],
)
def test_a_trial_accuses_only_where_a_lower_loss_is_a_better_one(line: Line, cause: str, named: bool) -> None:
    report = diagnosed(trained(line, steps=20), Budget(steps=100), probes={cause: ACCUSES})
    assert [finding.cause for finding in report.findings] == [cause] * named
    assert named or report.healthy
