"""3.2.1.1 Signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Several, Tried

NAMES = ("0.weight", "0.bias", "2.weight", "2.bias")


def reached() -> set[str]:
    net = nn.Sequential(nn.Linear(20, 8), nn.Tanh(), nn.Linear(8, 10))
    for p in net.parameters():
        nn.init.zeros_(p)
    x = torch.linspace(-1, 1, 60).reshape(3, 20)
    cross_entropy(net(x), torch.tensor([0, 1, 2])).backward()
    return {name for name, p in net.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}


def _drawn(init: Callable[[nn.Module], Any]) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(400, 300), nn.ReLU(), nn.Linear(300, 200)).apply(init)


def _scales(init: Callable[[nn.Module], Any]) -> list[float]:
    return [one.weight.std().item() * one.in_features**0.5 for one in _drawn(init) if isinstance(one, nn.Linear)]


def he(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(module.bias)


def for_convolutions(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d) and module.bias is not None:
        nn.init.kaiming_normal_(module.weight)
        nn.init.zeros_(module.bias)


def without_gain(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
        nn.init.zeros_(module.bias)


ROWS = {
    "ex-03-2-1-1-width": Exercise(
        "for which width is 0.05 He's rule?",
        Number(within=0.01),
        right=lambda: 2 / 0.05**2,
        mistakes=(
            (1 / 0.05**2, "Without a ReLU it would be this one."),
            (2 / 0.05, "He's rule speaks of the variance. What is that of this deviation?"),
        ),
    ),
    "ex-03-2-1-1-alike": Exercise(
        "which parameters get a gradient in the first step, with zeros everywhere?",
        Several(NAMES),
        right=reached,
        mistakes=(
            (set(NAMES), "A weight's gradient is a product. With what is it multiplied here?"),
            ({"2.weight", "2.bias"}, "The gradient of a weight is a product with the value before it."),
            (set(), "One of the four needs neither a value before it nor a weight behind it."),
        ),
    ),
    "ex-03-2-1-1-adam": Exercise(
        "is the draw to blame with Adam, too?",
        Choice(("no: both end alike", "yes: it learns, and ends higher", "yes: it stays at ln 10")),
        right=lambda: "yes: it learns, and ends higher",
        mistakes=(
            ("no: both end alike", "Adam mends the size of a step, and not what the fresh net sees. Compare the ends."),
            ("yes: it stays at ln 10", "So it is with plain gradient descent."),
        ),
    ),
    "ex-03-2-1-1-bug": Exercise(
        "what does the mended `init(module)` look like?",
        Tried(
            "your function, for net.apply",
            (
                (
                    "each dense layer has He's deviation",
                    lambda init: all(abs(one - 2**0.5) < 0.1 for one in _scales(init)),
                ),
                (
                    "its biases are 0",
                    lambda init: all(bool((p == 0).all()) for n, p in _drawn(init).named_parameters() if "bias" in n),
                ),
            ),
        ),
        right=lambda: he,
        mistakes=(
            (for_convolutions, "Nothing is drawn. Which modules does this net have?"),
            (without_gain, "The layers are drawn now, for a net without ReLU."),
        ),
    ),
}
