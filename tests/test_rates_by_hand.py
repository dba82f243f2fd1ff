"""Loops that take a rate times the gradient off the weights themselves: copies do so, too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.replay import as_it_is
from lossbook.probes import PROBES

STEPS = 80
Move = Callable[[nn.Parameter, Tensor, float], None]


def plain(param: nn.Parameter, before: Tensor, lr: float) -> None:
    assert param.grad is not None
    param.sub_(lr * param.grad)


def with_momentum(param: nn.Parameter, before: Tensor, lr: float) -> None:
    assert param.grad is not None
    before.mul_(0.9).add_(param.grad)
    param.sub_(lr * before)


def with_noise(param: nn.Parameter, before: Tensor, lr: float) -> None:
    plain(param, before, lr)
    param.add_(0.01 * torch.randn_like(param))


def trained(move: Move, lr: float = 0.1) -> Case:
    with seeded(0):
        net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 3))
        before = [torch.zeros_like(param) for param in net.parameters()]
        with watch(net, None, loss_fn=F.cross_entropy) as watching:
            for x in torch.randn(STEPS, 32, 4):
                loss = F.cross_entropy(net(x), x[:, :3].argmax(1))
                loss.backward()
                with torch.no_grad():
                    for param, own in zip(net.parameters(), before, strict=True):
                        move(param, own, lr)
                        param.grad = None
                watching.step(loss)
    return watching.case()


def test_the_training_is_repeated() -> None:
    case = trained(plain)
    assert [type(each) for each in case.start.optimizers] == [torch.optim.SGD]
    assert case.start.groups[0]["lr"] == pytest.approx(0.1, rel=1e-4)
    assert as_it_is(case, 40).tolist() == pytest.approx(list(case.log.loss.values[:40]), rel=1e-3)


@pytest.mark.parametrize("move", [with_momentum, with_noise])
def test_other_lines_are_not_taken_for_these(move: Move) -> None:
    assert trained(move, lr=0.02).start.optimizers == ()


@pytest.mark.parametrize(("lr", "found"), [(0.1, False), (30.0, True)])
def test_a_rate_that_is_too_high_is_found(lr: float, found: bool) -> None:
    assert PROBES["lr-too-high"](trained(plain, lr)).found == found
