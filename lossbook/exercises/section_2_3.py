"""2.3 The learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Numbers, Tried

Setter = Callable[[torch.optim.Optimizer, float], Any]


def _two_groups() -> torch.optim.Optimizer:
    """Adam on two groups, after a step."""
    one, two = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)
    optimizer = torch.optim.Adam([{"params": [one]}, {"params": [two]}], lr=0.1)
    (one.sum() + two.sum()).backward()
    optimizer.step()
    return optimizer


def _rates(change: Setter) -> list[float]:
    optimizer = _two_groups()
    change(optimizer, 0.003)
    return [group["lr"] for group in optimizer.param_groups]


def _kept(change: Setter) -> bool:
    optimizer = _two_groups()
    change(optimizer, 0.003)
    return len(optimizer.state) == 2


def all_groups(optimizer: torch.optim.Optimizer, lr: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = lr


def defaults(optimizer: torch.optim.Optimizer, lr: float) -> None:
    optimizer.defaults["lr"] = lr


def first_group(optimizer: torch.optim.Optimizer, lr: float) -> None:
    optimizer.param_groups[0]["lr"] = lr


ROWS = {
    "ex-02-3-scaled-loss": Exercise(
        "by what does she multiply her rate, with each of the two rules?",
        Numbers(("gradient descent", "Adam")),
        right=lambda: (1 / 10, 1.0),
        mistakes=(
            ((10.0, 1.0), "Her gradient is larger than yours. Must her rate be larger, too?"),
            ((0.1, 0.1), "What does Adam divide by?"),
            ((1.0, 1.0), "Gradient descent multiplies the gradient as it is."),
        ),
    ),
    "ex-02-3-momentum": Exercise(
        "by what factor does the best rate fall?",
        Choice(("it rises", "less than ten", "ten", "more than ten")),
        right=lambda: "less than ten",
        mistakes=(
            ("ten", "So the rule of thumb says. Measure it."),
            ("more than ten", "Measure it on the finer grid."),
            ("it rises", "The cliff of a quadratic does so. The best rate of this net goes the other way."),
        ),
    ),
    "ex-02-3-cliff": Exercise(
        "which rate is the limit?",
        Number(within=0.01),
        right=lambda: 2 / 8.0,
        mistakes=(
            (1 / 8, "With this one the steep direction is there in one step. How much farther may it leap?"),
            (2.0, "The flat direction would bear it. Which direction breaks first?"),
            (2 / 9, "Curvatures of different directions do not add up."),
        ),
        hint="By which factor is θ multiplied at each step, in each direction?",
    ),
    "ex-02-3-bug": Exercise(
        "what does your `set_rate(optimizer, lr)` look like?",
        Tried(
            "your function",
            (
                ("some group gets the new rate", lambda change: 0.003 in _rates(change)),
                ("every group gets it", lambda change: _rates(change) == [0.003, 0.003]),
                ("what Adam remembers is kept", _kept),
            ),
        ),
        right=lambda: all_groups,
        mistakes=(
            (
                defaults,
                "The defaults are read when a group is added, and never again. Where does a step read its rate?",
            ),
            (first_group, "An optimiser may hold several groups."),
        ),
    ),
}
