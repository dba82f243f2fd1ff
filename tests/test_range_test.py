"""The judge of the learning-rate range test, on made curves: no unit, no sign and no noise may fool it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lossbook import Experiment, lr_range_test
from lossbook.data import Digits
from lossbook.initializers import Normal
from lossbook.loop import Loop
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP
from lossbook.optim import SGD
from lossbook.sweeps.range_test import _judge
from lossbook.values import same

LRS = tuple(np.logspace(-5, 1, 100).tolist())
BASE = Experiment(Digits(train_size=200), MLP((784, 10)), SoftmaxCrossEntropy(), SGD(), batch_size=32, device="cpu")


def curve(seed: int, noise: float, fall: float = 0.0) -> np.ndarray:
    """A loss of 1 that falls to 1 - ``fall`` at the 60th step, and blows up at the 85th."""
    steps = np.arange(100)
    falls = -fall / (1 + np.exp(-(steps - 60) / 4)) + 50 * (steps > 85) * (fall > 0)
    return 1.0 + falls + np.random.default_rng(seed).normal(0.0, noise, 100)


@pytest.mark.parametrize("level", [-100.0, -1.0, -0.1, 0.0, 0.1, 2.3])
@pytest.mark.parametrize("noise", [0.0, 0.01, 0.3])
def test_a_flat_loss_of_any_sign_gets_no_suggestion(level: float, noise: float) -> None:
    found = [_judge(LRS, tuple(level - 1.0 + curve(seed, noise))).suggested for seed in range(100)]
    assert sum(suggested is not None for suggested in found) <= 2


@given(seed=st.integers(0, 99), shift=st.floats(-1e3, 1e3), scale=st.floats(1e-3, 1e3))
def test_what_is_found_does_not_depend_on_unit_and_zero(seed: int, shift: float, scale: float) -> None:
    losses = curve(seed, noise=0.02, fall=0.8)
    here, there = _judge(LRS, tuple(losses)), _judge(LRS, tuple(scale * (losses + shift)))
    assert here.suggested is not None
    assert LRS[45] < here.suggested < LRS[70]
    assert here.blow_up is not None
    assert LRS[80] < here.blow_up < LRS[90]
    assert (there.suggested, there.blow_up) == (here.suggested, here.blow_up)


def test_a_first_loss_that_is_not_finite_is_no_fault_of_a_learning_rate() -> None:
    huge = replace(BASE, model=MLP((784, 32, 10), init=Normal(std=1e25)))
    with pytest.raises(ValueError, match="the first loss must be finite, got .* no learning rate is at fault"):
        lr_range_test(huge, steps=20)
    late = _judge(LRS[:20], (2.0,) * 10 + (float("nan"),) * 10)
    assert (late.suggested, late.blow_up) == (None, LRS[10])


@dataclass(frozen=True)
class CtrlC(Loop):
    """A loop in which the reader presses Ctrl-C."""

    at: int = 0

    def step(self, training: Any, x: Any, y: Any) -> Any:
        if training.step == self.at:
            raise KeyboardInterrupt
        return super().step(training, x, y)


@pytest.mark.parametrize("at", [0, 15])
def test_half_a_test_is_not_judged(at: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        lr_range_test(replace(BASE, loop=CtrlC(at=at)), steps=20)


# a user's own training loop


def parts(seed: int = 0) -> tuple[nn.Module, DataLoader, nn.Module, torch.optim.Optimizer]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(400, 6, generator=generator)
    y = (x[:, :2].sum(1) > 0).long()
    net = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 2))
    loader = DataLoader(TensorDataset(x, y), batch_size=20, shuffle=True, generator=generator)
    return net, loader, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=1e-3)


def test_a_loop_of_ones_own_is_tested_on_copies_and_left_as_it_was() -> None:
    net, loader, loss_fn, optimizer = parts()
    loss_fn(net(torch.randn(4, 6)), torch.tensor([0, 1, 0, 1])).backward()
    optimizer.step()
    states = [copy.deepcopy(part.state_dict()) for part in (net, optimizer)]
    grads = [param.grad.clone() for param in net.parameters()]
    drawn, own = torch.get_rng_state(), loader.generator.get_state()
    found = lr_range_test(net, loader, loss_fn, optimizer)
    assert found.suggested is not None
    assert 1e-4 < found.suggested < 1.0
    assert same(states, [part.state_dict() for part in (net, optimizer)])
    assert all(torch.equal(param.grad, grad) for param, grad in zip(net.parameters(), grads, strict=True))
    assert torch.equal(torch.get_rng_state(), drawn)
    assert torch.equal(loader.generator.get_state(), own)
    assert lr_range_test(net, loader, loss_fn, optimizer) == found


def test_the_groups_of_an_optimiser_keep_their_ratio() -> None:
    net, loader, loss_fn, _ = parts()
    groups = [{"params": net[0].parameters(), "lr": 0.1}, {"params": net[4].parameters(), "lr": 0.01}]
    seen: list[list[float]] = []

    class Noted(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            seen.append([group["lr"] for group in self.param_groups])
            super().step(closure)

    lr_range_test(net, loader, loss_fn, Noted(groups), low=1e-3, high=1e-2, steps=10)
    first, second = np.array(seen).T
    np.testing.assert_allclose(first, np.geomspace(1e-3, 1e-2, 10), rtol=1e-12)
    np.testing.assert_allclose(second, first / 10, rtol=1e-12)


def test_an_optimiser_of_another_model_is_named() -> None:
    net, loader, loss_fn, _ = parts()
    with pytest.raises(ValueError, match="optimizer must hold parameters of the model, got one of others"):
        lr_range_test(net, loader, loss_fn, torch.optim.SGD(copy.deepcopy(net).parameters(), lr=0.1))


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda net, loader, loss, opt: (net, loss, loader, opt), TypeError, "in this order"),
        (lambda net, loader, loss, opt: (net, loader, loss, "adam"), TypeError, "got str and DataLoader"),
        (lambda net, loader, loss, opt: (net,), TypeError, "takes an Experiment, or lr_range_test.model, train_loader"),
        (lambda net, loader, loss, opt: (net, [], loss, opt), ValueError, "batches for every step, got no batch"),
        (lambda net, loader, loss, opt: (net, iter(loader), loss, opt), ValueError, "got no second pass"),
        (lambda net, loader, loss, opt: (net, [{"x": 1}], loss, opt), TypeError, "a pair .inputs, target., got dict"),
        (
            lambda net, loader, loss, opt: (net, loader, loss, torch.optim.LBFGS(net.parameters())),
            TypeError,
            "without a closure, got LBFGS",
        ),
    ],
)
def test_parts_of_another_kind_are_refused(wrong: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        lr_range_test(*wrong(*parts()))


def test_the_range_may_be_given_by_position() -> None:
    assert lr_range_test(BASE, 1e-4, 1.0, 12) == lr_range_test(BASE, low=1e-4, high=1.0, steps=12)
    assert lr_range_test(BASE, 1e-4, steps=12).lrs[0] == 1e-4
