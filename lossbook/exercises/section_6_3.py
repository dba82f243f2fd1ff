"""6.3 Reinforcement learning."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import torch
from torch import nn

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Each, Number, Numbers, Tried

Renewal = Callable[[nn.Module, nn.Module], Any]


def _after(renew: Renewal) -> tuple[nn.Linear, nn.Linear, torch.Tensor]:
    Q, target = nn.Linear(3, 2), nn.Linear(3, 2)
    before = Q.weight.detach().clone()
    renew(Q, target)
    return Q, target, before


def _alike(renew: Renewal) -> bool:
    Q, target, _ = _after(renew)
    return torch.equal(Q.weight, target.weight) and torch.equal(Q.bias, target.bias)


def _keeps_Q(renew: Renewal) -> bool:
    Q, _, before = _after(renew)
    return torch.equal(Q.weight, before)


def _apart(renew: Renewal) -> bool:
    Q, target, _ = _after(renew)
    kept = target.weight.detach().clone()
    with torch.no_grad():
        Q.weight += 1  # as an optimiser does
    return torch.equal(target.weight, kept)


def _tied(Q: nn.Module, target: nn.Module) -> None:
    for mine, theirs in zip(target.parameters(), Q.parameters(), strict=True):
        mine.data = theirs.data


ROWS = {
    "ex-06-3-hand": Exercise(
        "what is the loss with each of the three baselines?",
        Numbers(("b = 0", "b = 0.5", "b = 1")),
        right=lambda: tuple(-log(0.8) * (0.5 - b) for b in (0, 0.5, 1)),
        mistakes=(
            (tuple(log(0.8) * (0.5 - b) for b in (0, 0.5, 1)), "There is a minus in front of the sum."),
            (tuple(-log(0.8) * 0.5 for _ in range(3)), "Subtract the baseline from the return first."),
            (tuple(-0.8 * (0.5 - b) for b in (0, 0.5, 1)), "The loss has the logarithm of the probability."),
        ),
    ),
    "ex-06-3-explained": Exercise(
        "which sign has the explained variance?",
        Each(("b = 0", "mean return", "read from the other end"), ("negative", "zero", "positive")),
        right=lambda: ("zero", "positive", "negative"),
        mistakes=(
            (("negative", "positive", "negative"), "Subtracting a constant changes no variance."),
            (("zero", "positive", "zero"), "A baseline can do worse than a constant: it can add variance."),
            (("zero", "zero", "negative"), "The return depends on the cell, if not much. Does the mean know that?"),
        ),
    ),
    "ex-06-3-bug": Exercise(
        "how is the target network renewed?",
        Tried(
            "a function of (Q, target) that renews the target",
            (
                ("both nets have the same weights afterwards", _alike),
                ("Q is as it was", _keeps_Q),
                ("a later step of Q leaves the target alone", _apart),
            ),
        ),
        right=lambda: lambda Q, target: target.load_state_dict(Q.state_dict()),
        mistakes=(
            (lambda Q, target: target.load_state_dict(target.state_dict()), "Whose weights are read here?"),
            (lambda Q, target: Q.load_state_dict(target.state_dict()), "What Q has learned is lost."),
            (_tied, "Now the two share their tensors, and the target moves at each step."),
        ),
    ),
    "ex-06-3-bound": Exercise(
        "how large can a discounted return be, with these rewards and this γ?",
        Number(within=0.001),
        right=lambda: 1 / (1 - 0.95),
        mistakes=(
            (1.0, "That is one reward. An episode may have one in each step."),
            (0.95 / (1 - 0.95), "The first reward counts in full."),
            (1 / 0.95, "Sum the whole series: the reward of each step, discounted."),
        ),
    ),
}
