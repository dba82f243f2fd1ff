"""4.1 Gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Number, Tried

Step = Callable[[nn.Module, float], Any]


def _moved(step: Step) -> tuple[Tensor, Tensor, Tensor, bool]:
    """The weights before and after, their gradient, and whether the net still holds its own tensors."""
    net = nn.Linear(3, 1)
    held = net.weight
    net(torch.ones(2, 3)).sum().backward()
    assert net.weight.grad is not None
    before, slope = net.weight.detach().clone(), net.weight.grad.clone()
    step(net, 0.1)
    return before, net.weight.detach(), slope, net.weight is held


def _against(step: Step) -> bool:
    before, after, slope, _ = _moved(step)
    return torch.allclose(after, before - 0.1 * slope, atol=1e-6)


def in_place(net: nn.Module, alpha: float) -> None:
    with torch.no_grad():
        for p in net.parameters():
            p.sub_(alpha * p.grad)  # type: ignore[operator]


def rebound(net: nn.Module, alpha: float) -> None:
    for p in net.parameters():
        p = p - alpha * p.grad  # type: ignore[assignment,operator]


def uphill(net: nn.Module, alpha: float) -> None:
    with torch.no_grad():
        for p in net.parameters():
            p.add_(alpha * p.grad)  # type: ignore[operator]


ROWS = {
    "ex-04-1-bytes": Exercise(
        "by which factor must α shrink for bytes?",
        Number(within=0.01),
        right=lambda: 255.0**2,
        mistakes=(
            (255.0, "The curvature is no linear function of the inputs."),
            (255.0**0.5, "How often do the inputs stand in H?"),
        ),
    ),
    "ex-04-1-saddle": Exercise(
        "after how many steps does |θ₂| reach 1?",
        Number(within=0.001),
        right=lambda: ceil(log(1e6) / log(1 + 0.5 * 0.1)),
        mistakes=(
            (ceil(log(1e6) / (0.5 * 0.1)), "Nearly: the logarithm of the factor is a little less than what it adds."),
            (1e6, "The way out grows by a factor at each step, and not by an amount."),
            (ceil(log(1e6) / log(1.1)), "The rate stands in the factor, too."),
        ),
    ),
    "ex-04-1-slope": Exercise(
        "how many times as long is each step in the end?",
        Number(within=0.01),
        right=lambda: 1 / (1 - 0.9),
        mistakes=(
            (1.9, "The velocity goes on adding: sum more than two terms."),
            (0.9, "This is the share of the old velocity that is kept."),
            (1.0, "So it is at the first step, and for a mean such as Adam's."),
        ),
    ),
    "ex-04-1-bug": Exercise(
        "what does the mended `step(net, alpha)` look like?",
        Tried(
            "your function, which makes one step",
            (
                ("the weights move", lambda step: not torch.equal(*_moved(step)[:2])),
                ("they move against the gradient, by α times it", _against),
                ("the net keeps its own tensors", lambda step: _moved(step)[3]),
            ),
        ),
        right=lambda: in_place,
        mistakes=(
            (rebound, "Nothing moves. What does `p =` change: the tensor, or what the name stands for?"),
            (uphill, "The weights move now. Which way?"),
        ),
    ),
}
