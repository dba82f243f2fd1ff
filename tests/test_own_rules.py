"""Optimisers that somebody has written by hand: what they do is read from their steps; beside each bug, sound ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, Snapshot, watch
from lossbook.probes import PROBES
from lossbook.probes.own_rules import as_it_steps

Rule = Callable[[dict[str, Any], Tensor, Tensor], Tensor]


class Own(torch.optim.Optimizer):
    """Takes what a rule says away from each parameter; its settings say nothing but the rate."""

    def __init__(self, params: Iterable[Tensor], lr: float, rule: Rule) -> None:
        super().__init__(params, {"lr": lr})
        self.rule = rule

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    param -= group["lr"] * self.rule(self.state[param], param.grad, param)


def faded(state: dict[str, Any], name: str, value: Tensor, beta: float) -> Tensor:
    state[name] = beta * state.get(name, torch.zeros_like(value)) + (1 - beta) * value
    return state[name]


def adam(first: float, second: float, eps: float = 1e-8, correct: tuple[bool, bool] = (True, True)) -> Rule:
    def rule(state: dict[str, Any], grad: Tensor, param: Tensor) -> Tensor:
        state["n"] = state.get("n", 0) + 1
        mean, square = faded(state, "a", grad, first), faded(state, "b", grad * grad, second)
        mean = mean / (1 - first ** state["n"]) if correct[0] else mean
        square = square / (1 - second ** state["n"]) if correct[1] else square
        return mean / (square.sqrt() + eps)

    return rule


def of_weights(mean: float, square: float, first: float = 0.9, second: float = 0.999) -> Rule:
    """An Adam that is given the shares of the new gradient, and corrects the bias as for others of the old one."""

    def rule(state: dict[str, Any], grad: Tensor, param: Tensor) -> Tensor:
        state["n"] = state.get("n", 0) + 1
        averages = []
        for name, value, share, beta in (("a", grad, mean, first), ("b", grad.square(), square, second)):
            state[name] = state.get(name, torch.zeros_like(value)).lerp(value, share)
            averages.append(state[name] / (1 - beta ** state["n"]))
        return averages[0] / (averages[1].sqrt() + 1e-8)

    return rule


def amsgrad(state: dict[str, Any], grad: Tensor, param: Tensor) -> Tensor:
    square = faded(state, "b", grad * grad, 0.9)
    state["top"] = torch.maximum(state.get("top", square), square)
    return faded(state, "a", grad, 0.9) / (state["top"].sqrt() + 1e-8)


def momentum(share: float) -> Rule:
    def rule(state: dict[str, Any], grad: Tensor, param: Tensor) -> Tensor:
        state["sum"] = share * state.get("sum", torch.zeros_like(grad)) + grad
        return state["sum"]

    return rule


def nesterov(state: dict[str, Any], grad: Tensor, param: Tensor) -> Tensor:
    return grad + 0.95 * momentum(0.95)(state, grad, param)


def lion(state: dict[str, Any], grad: Tensor, param: Tensor) -> Tensor:
    step = (0.9 * state.get("a", torch.zeros_like(grad)) + 0.1 * grad).sign()
    faded(state, "a", grad, 0.99)
    return step + 0.01 * param


def lamb(state: dict[str, Any], grad: Tensor, param: Tensor) -> Tensor:
    step = adam(0.9, 0.999)(state, grad, param)
    return step * (param.norm() / step.norm().clamp_min(1e-8)).clamp(0.1, 10)


def rmsprop(state: dict[str, Any], grad: Tensor, param: Tensor) -> Tensor:
    return grad / (faded(state, "b", grad * grad, 0.99).sqrt() + 1e-8)


SOUND: dict[str, tuple[Rule, float]] = {
    "Adam": (adam(0.9, 0.999), 1e-2),
    "Adam of a GAN": (adam(0.5, 0.999), 1e-2),
    "Adam of a transformer": (adam(0.9, 0.95), 1e-2),
    "Adam of shares of the new": (of_weights(0.1, 0.001), 1e-2),
    "Adam that forgets soon": (of_weights(0.5, 0.05, 0.5, 0.95), 1e-2),
    "Adam without correction": (adam(0.9, 0.99, correct=(False, False)), 3e-3),
    "AMSGrad": (amsgrad, 3e-3),
    "momentum": (momentum(0.95), 1e-2),
    "Nesterov": (nesterov, 1e-2),
    "Lion": (lion, 2e-3),
    "signs": (lambda state, grad, param: grad.sign(), 2e-3),
    "LAMB": (lamb, 2e-2),
    "RMSprop": (rmsprop, 3e-3),
}
BROKEN: dict[str, tuple[Rule, float, str]] = {
    "exchanged": (adam(0.999, 0.9), 1e-2, "adam-betas"),
    "shares of the new that are those of the old": (of_weights(0.9, 0.999), 1e-2, "adam-betas"),
    "the square's bias left": (adam(0.9, 0.9999, correct=(True, False)), 1e-2, "adam-betas"),
    "an epsilon of one": (adam(0.9, 0.999, eps=1.0), 3e-3, "adam-eps"),
    "hardly anything fades": (momentum(0.999), 1e-1, "momentum-too-high"),
}
ASKED = ("adam-betas", "adam-eps", "momentum-too-high")


def trained(rule: Rule, lr: float) -> Case:
    with seeded(1):
        model = nn.Sequential(nn.Linear(5, 40), nn.SiLU(), nn.Linear(40, 40), nn.SiLU(), nn.Linear(40, 1))
        x = torch.randn(1200, 5)
        y = torch.sin(2 * x[:, :1]) + x[:, 1:2] * x[:, 2:3] + 0.1 * torch.randn(len(x), 1)
        optimizer = Own(model.parameters(), lr, rule)
        with watch(model, optimizer) as watching:
            for step in range(200):
                rows = torch.arange(32 * step, 32 * step + 32) % len(x)
                optimizer.zero_grad()
                loss = F.mse_loss(model(x[rows]), y[rows])
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


@pytest.mark.parametrize("name", BROKEN)
def test_what_an_own_optimizer_does_is_seen_in_its_steps(name: str) -> None:
    rule, lr, cause = BROKEN[name]
    assert PROBES[cause](trained(rule, lr)).found


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_one_is_not_accused(name: str) -> None:
    case = trained(*SOUND[name])
    assert not any(PROBES[cause](case).found for cause in ASKED)


@pytest.mark.parametrize("name", ["Nesterov", "Lion", "LAMB", "AMSGrad"])
def test_what_follows_no_known_rule_stays_as_it_is(name: str) -> None:
    model = nn.Linear(3, 2)
    case = Case(*[Snapshot(model, (Own(model.parameters(), 0.1, SOUND[name][0]),))] * 2, ())
    assert as_it_steps(case) is case


@pytest.mark.parametrize("betas", [(0.999, 0.9), (0.97, 0.9), (0.5, 0.99)])
@pytest.mark.parametrize("correct", [(True, True), (False, False), (True, False), (False, True)])
def test_the_betas_and_the_epsilon_of_an_own_adam_are_read(
    betas: tuple[float, float], correct: tuple[bool, bool]
) -> None:
    model = nn.Linear(3, 2)
    own = Own(model.parameters(), 0.1, adam(*betas, eps=1e-5, correct=correct))
    (group,) = as_it_steps(Case(*[Snapshot(model, (own,))] * 2, ())).start.groups
    assert group["lr"] == 0.1
    assert group["betas"] == pytest.approx(betas, abs=1e-4)
    assert group["eps"] == pytest.approx(1e-5, rel=0.1)


@pytest.mark.parametrize(
    ("shares", "betas", "said"),
    [
        ((0.9, 0.999), (0.1, 0.001), "other"),
        ((0.9, 0.001), (0.1, 0.999), "other mean"),
        ((0.1, 0.999), (0.9, 0.001), "other square"),
        ((0.1, 0.001), (0.9, 0.999), True),
    ],
)
def test_shares_of_the_new_gradient_are_told_from_those_of_the_old(
    shares: tuple[float, float], betas: tuple[float, float], said: object
) -> None:
    model = nn.Linear(3, 2)
    own = Own(model.parameters(), 0.1, of_weights(*shares))
    (group,) = as_it_steps(Case(*[Snapshot(model, (own,))] * 2, ())).start.groups
    assert group["betas"] == pytest.approx(betas, abs=1e-4)
    assert group["bias_correction"] == said
    assert group["eps"] == pytest.approx(1e-8, rel=0.1)
