"""Copies repeat a training that calls parts of its model besides the model, or draws numbers that the model gets."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.replay import as_it_is, train
from lossbook.probes import PROBES

STEPS = 60


class Reader(nn.Module):
    """A body, which the model's call gives, and a head, which the loop calls."""

    def __init__(self, *, named: bool = True) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 24), nn.Tanh())
        self.head = nn.Linear(24, 4) if named else None

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class Denoiser(nn.Module):
    """A net for each level of noise."""

    def __init__(self) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nn.Sequential(nn.Linear(2, 32), nn.SiLU(), nn.Linear(32, 2)) for _ in range(3))

    def forward(self, noisy: Tensor, level: int) -> Tensor:
        return self.nets[level](noisy)


def read(*, of_loss: bool) -> Case:
    """A training whose loss is made of what the head gives, with a loss that is given, or in the loop."""
    with seeded(0):
        net, loss_fn = Reader(), nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        x = torch.randn(STEPS, 32, 6)
        with watch(net, optimizer, loss_fn=loss_fn if of_loss else None) as watching:
            for each in x:
                optimizer.zero_grad()
                y = each[:, :4].argmax(1)
                answers = net.head(net(each))
                loss = loss_fn(answers, y) if of_loss else -F.log_softmax(answers, 1)[torch.arange(32), y].mean()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def denoised(lr: float = 0.01) -> Case:
    """A training whose loss is the sum over several levels, each with noise of its own, of which the net must tell."""
    with seeded(0):
        net = Denoiser()
        optimizer = torch.optim.Adam(net.parameters(), lr=lr)
        points = torch.randn(STEPS, 64, 1).repeat(1, 1, 2)  # on a line: what is beside it is noise
        with watch(net, optimizer) as watching:
            for each in points:
                loss = torch.zeros(())
                for level, share in enumerate((0.9, 0.5, 0.2)):
                    noise = torch.randn_like(each)
                    noisy = share * each + (1 - share) * noise
                    loss = loss + F.mse_loss(net(noisy, level), noise) / 3
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


class Climber(torch.optim.Optimizer):
    """Goes uphill on the gradients that are there, and asks for those of that place, as sharpness-aware steps do."""

    def __init__(self, params: Any) -> None:
        super().__init__(params, {"rho": 0.05})
        self.base = torch.optim.SGD(self.param_groups, lr=0.2)

    def step(self, closure: Any) -> None:  # type: ignore[override]
        params = self.param_groups[0]["params"]
        uphill = [0.05 * each.grad / (each.grad.norm() + 1e-9) for each in params]
        with torch.no_grad():
            torch._foreach_add_(params, uphill)
            self.zero_grad()
            torch.enable_grad()(closure)()
            torch._foreach_sub_(params, uphill)
            self.base.step()
            self.zero_grad()


def climbed() -> Case:
    """A training with such steps."""
    with seeded(0):
        net, loss_fn = nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 4)), nn.CrossEntropyLoss()
        optimizer = Climber(net.parameters())
        with watch(net, optimizer, loss_fn=loss_fn) as watching:
            for each in torch.randn(1, 32, 6).expand(STEPS, 32, 6):  # one is kept for each of the two passes

                def closure(each: Tensor = each) -> Tensor:
                    loss = loss_fn(net(each), each[:, :4].argmax(1))
                    loss.backward()
                    return loss

                loss = closure()
                optimizer.step(closure)
                watching.step(loss)
    return watching.case()


def as_it_was(case: Case) -> bool:
    few = min(len(case.batches), STEPS)
    return as_it_is(case, few).tolist() == pytest.approx(list(case.log.loss.values[:few]), rel=1e-3)


@pytest.mark.parametrize("of_loss", [True, False])
def test_a_part_that_the_loop_calls_after_the_model_is_trained_with_it(of_loss: bool) -> None:
    case = read(of_loss=of_loss)
    assert len(case.batches) >= 40
    assert as_it_was(case)
    head = [name for name, _ in case.start.model.named_parameters() if name.startswith("head")]
    after = dict(train(case, case.start, 3)[0].model.named_parameters())
    before = dict(case.start.model.named_parameters())
    assert head
    assert not any(torch.equal(before[name], after[name]) for name in head)


def test_noise_that_the_model_got_is_the_noise_that_it_tells() -> None:
    case = denoised()
    assert len(case.batches) >= 40
    assert as_it_was(case)


@pytest.mark.parametrize(("lr", "found"), [(0.01, False), (2.0, True)])
def test_a_rate_that_is_too_high_is_seen_where_noise_is_told(lr: float, found: bool) -> None:
    assert PROBES["lr-too-high"](denoised(lr)).found == found


def test_an_optimizer_that_needs_gradients_before_it_asks_for_others() -> None:
    assert as_it_was(climbed())
