"""3.4.2 L1 and L2."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import softshrink

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Numbers, Tried


def _net() -> nn.Module:
    net = nn.Linear(2, 1)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[3.0, -2.0]]))
        net.bias.fill_(1.0)
    return net


def _slopes(penalty: Callable[[nn.Module], torch.Tensor]) -> bool:
    net = _net()
    penalty(net).backward()
    return all(p.grad is not None and torch.allclose(p.grad, 0.01 * p.sign()) for p in net.parameters())


ROWS = {
    "ex-03-4-2-hand": Exercise(
        "where do the three weights go with L1, and from which λ on are all of them 0?",
        Numbers(("first", "second", "third", "λ")),
        right=lambda: (*softshrink(torch.tensor([3.0, -0.4, 1.0]), 1 / 2).tolist(), 2 * 3.0),
        mistakes=(
            ((1.5, -0.2, 0.5, 6.0), "This is L2: it takes a share. L1 takes the same from each."),
            ((2.0, 0.0, 0.0, 3.0), "The valley resists: by what is λ divided?"),
            ((2.5, 0.1, 0.5, 6.0), "The second weight has crossed zero. Can the penalty push it beyond?"),
            ((2.5, 0.0, 0.5, 2.0), "That is enough for the third weight. Which one holds out longest?"),
        ),
    ),
    "ex-03-4-2-copies": Exercise(
        "which split does L1 choose?",
        Choice(("equal shares", "all on one weight", "what the start says")),
        right=lambda: "what the start says",
        mistakes=(
            ("equal shares", "This is what L2 does. What do all splits cost under L1?"),
            ("all on one weight", "From one of the two starts it looks so. And from the other?"),
        ),
    ),
    "ex-03-4-2-pixels": Exercise(
        "how many answers change when the pixels are cut out?",
        Number(within=0.0),
        right=lambda: 0,
        mistakes=((1, "What is a pixel multiplied by that has only zero weights?"),),
        hint="What is a pixel multiplied by that has only zero weights?",
    ),
    "ex-03-4-2-bug": Exercise(
        "what does the mended `penalty(net)` look like, with its factor of 0.01?",
        Tried(
            "your function",
            (
                ("its value is right", lambda penalty: abs(float(penalty(_net()).detach()) - 0.06) < 1e-6),
                ("it has a gradient", lambda penalty: bool(penalty(_net()).requires_grad)),
                ("its gradient is right", _slopes),
            ),
        ),
        right=lambda: lambda net: 0.01 * sum(p.abs().sum() for p in net.parameters()),
        mistakes=(
            (
                lambda net: 0.01 * sum(p.abs().sum().item() for p in net.parameters()),
                "A Python number has no gradient: nothing is pulled by it.",
            ),
            (
                lambda net: 0.01 * sum(p.abs().sum().detach() for p in net.parameters()),
                "The value is right, and it has been cut from the weights.",
            ),
            (lambda net: 0.01 * sum(p.square().sum() for p in net.parameters()), "This one pulls, and it is L2."),
        ),
    ),
}
