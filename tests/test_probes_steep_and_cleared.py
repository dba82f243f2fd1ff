"""Two faults that only the loop shows: a term without a slope, and gradients that a closure clears at once."""

import pytest
import torch
from torch import Tensor, nn

import lossbook
from lossbook.evidence import Case
from lossbook.probes import PROBES


def _net(seed: int = 0) -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 2))


def _data() -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(1)
    x = torch.randn(16, 6, generator=g)
    return x, x[:, :2] - x[:, 2:4]


def _with_term(term, *, closure: bool = False, steps: int = 6) -> Case:
    """A training whose loss gets one term more, made of the net, its output and the number of the step."""
    net, (x, y) = _net(), _data()
    optimizer = torch.optim.SGD(net.parameters(), 0.05)
    with lossbook.watch(net, optimizer) as watching:
        for step in range(steps):

            def lines(step: int = step) -> Tensor:
                optimizer.zero_grad()
                out = net(x)
                loss = (out - y).square().mean() + term(net, out, step)
                loss.backward()
                return loss

            loss = optimizer.step(lines) if closure else lines()
            if not closure:
                optimizer.step()
            watching.step(loss)
    return watching.case()


def _distance_to_itself(net: nn.Module, out: Tensor, step: int) -> Tensor:
    return ((out[:, None] - out).square().sum(2) ** 0.5).mean()


def _distance_kept_off(net: nn.Module, out: Tensor, step: int) -> Tensor:
    return ((out[:, None] - out).square().sum(2) + 1e-6).sqrt().mean()


def _unused_root(net: nn.Module, out: Tensor, step: int) -> Tensor:
    """A root of 0 that does no harm, and a number that grows too large later on."""
    (0 * out).sum().sqrt()
    return out.sum() * (torch.inf if step == 3 else 0.0)


@pytest.mark.parametrize("closure", [False, True])
def test_a_distance_of_zero_has_no_slope(closure: bool) -> None:
    reading = PROBES["undefined-operation"](_with_term(_distance_to_itself, closure=closure))
    assert reading.outcome == "found"
    assert "step 0, pow" in reading.sentence


def _both(net: nn.Module, out: Tensor, step: int) -> Tensor:
    """The harmless root in each step, and a distance in the fourth one."""
    return _distance_to_itself(net, out, step) if step == 3 else _unused_root(net, out, 0)


def test_a_root_that_did_no_harm_hides_no_other() -> None:
    reading = PROBES["undefined-operation"](_with_term(_both))
    assert reading.outcome == "found"
    assert "step 3, pow" in reading.sentence


@pytest.mark.parametrize("term", [_distance_kept_off, _unused_root])
def test_what_does_no_harm_is_not_blamed(term) -> None:
    reading = PROBES["undefined-operation"](_with_term(term))
    assert "no slope" not in reading.sentence


class _Twice(torch.optim.SGD):
    """Steps with the slope of a place beside, and clears it itself once it is used."""

    def step(self, closure=None):
        assert closure is not None
        with torch.enable_grad():
            loss = closure()
        super().step()
        self.zero_grad()
        return loss


def _by_closure(kind: type, lr: float, *, early: bool, none: bool = True) -> Case:
    net, (x, y) = _net(), _data()
    optimizer = kind(net.parameters(), lr)
    with lossbook.watch(net, optimizer) as watching:
        for _ in range(8):

            def closure() -> Tensor:
                if not early:
                    optimizer.zero_grad()
                loss = nn.functional.mse_loss(net(x), y)
                loss.backward()
                if early:
                    optimizer.zero_grad(set_to_none=none)
                return loss

            watching.step(optimizer.step(closure))
    return watching.case()


@pytest.mark.parametrize("none", [True, False])
def test_a_closure_that_clears_what_it_made(none: bool) -> None:
    case = _by_closure(torch.optim.Adam, 0.01, early=True, none=none)
    assert PROBES["gradients-cleared-early"](case).outcome == "found"


@pytest.mark.parametrize(
    ("kind", "lr"), [(_Twice, 0.05), (_Twice, 0.0), (torch.optim.LBFGS, 0.5), (torch.optim.SGD, 0.0)]
)
def test_an_optimizer_that_clears_them_itself(kind: type, lr: float) -> None:
    assert PROBES["gradients-cleared-early"](_by_closure(kind, lr, early=False)).outcome != "found"
