"""5.3 Training."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Number, Tried

DRAWN = torch.Generator().manual_seed(0)
NET = nn.Linear(5, 3, device="meta").to_empty(device="cpu")
with torch.no_grad():
    for param in NET.parameters():
        param.copy_(torch.randn(param.shape, generator=DRAWN))
X, Y = torch.randn(64, 5, generator=DRAWN), torch.randint(3, (64,), generator=DRAWN)


def gradient(backward: Callable[[nn.Module, Tensor, Tensor], Any]) -> Tensor:
    net = deepcopy(NET)
    backward(net, X, Y)
    return torch.cat([torch.zeros(p.numel()) if p.grad is None else p.grad.flatten() for p in net.parameters()])


def whole(net: nn.Module, x: Tensor, y: Tensor) -> None:
    cross_entropy(net(x), y).backward()


def in_halves(net: nn.Module, x: Tensor, y: Tensor) -> None:
    for part in (slice(0, 32), slice(32, 64)):
        (cross_entropy(net(x[part]), y[part]) / 2).backward()


def undivided(net: nn.Module, x: Tensor, y: Tensor) -> None:
    for part in (slice(0, 32), slice(32, 64)):
        cross_entropy(net(x[part]), y[part]).backward()


def one_half(net: nn.Module, x: Tensor, y: Tensor) -> None:
    cross_entropy(net(x[32:]), y[32:]).backward()


def _same_way(backward: Callable[[nn.Module, Tensor, Tensor], Any]) -> bool:
    one, other = gradient(backward), gradient(whole)
    return bool(torch.cosine_similarity(one, other, dim=0) > 1 - 1e-5)


def holds_all(optimizer: torch.optim.Optimizer, net: nn.Module) -> bool:
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    return {id(p) for p in net.parameters()} <= held


def equal_numbers(optimizer: torch.optim.Optimizer, net: nn.Module) -> bool:
    held: list[Tensor] = [p for group in optimizer.param_groups for p in group["params"]]
    return all(any(p.shape == one.shape and bool((p == one).all()) for one in held) for p in net.parameters())


def _sgd(net: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(net.parameters(), lr=0.1)


def _of_two_groups(net: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD([{"params": [net.weight]}, {"params": [net.bias]}], lr=0.1)


ROWS = {
    "ex-05-3-accumulate": Exercise(
        "what does your `backward(net, x, y)` look like? It never sees more than 32 of the 64 at once.",
        Tried(
            "your function",
            (
                ("the gradient points where that of the full batch does", _same_way),
                (
                    "it is as long",
                    lambda one: bool(torch.allclose(gradient(one).norm(), gradient(whole).norm(), rtol=1e-4)),
                ),
            ),
        ),
        right=lambda: in_halves,
        mistakes=(
            (undivided, "It points the right way, and is too long: `backward` adds two means."),
            (one_half, "Half of the batch is lost. Where is the gradient cleared?"),
        ),
    ),
    "ex-05-3-noise": Exercise(
        "which share of a single digit's deviation is left in the mean of a batch?",
        Number(within=0.01),
        right=lambda: 64**-0.5,
        mistakes=(
            (1 / 64, "Variances shrink so. What about the deviation?"),
            (1.0, "A mean is quieter than its parts."),
            (8.0, "You have turned it round."),
        ),
    ),
    "ex-05-3-stale": Exercise(
        "what does your `holds_all(optimizer, net)` look like?",
        Tried(
            "your function",
            (
                ("it says yes to the optimiser's own net", lambda holds: holds(_sgd(NET), NET)),
                ("it looks into every group", lambda holds: holds(_of_two_groups(NET), NET)),
                ("it says no to another net", lambda holds: not holds(_sgd(nn.Linear(5, 3)), NET)),
                ("it says no to a copy with the same numbers", lambda holds: not holds(_sgd(deepcopy(NET)), NET)),
            ),
        ),
        right=lambda: holds_all,
        mistakes=(
            (equal_numbers, "A net that was built anew from one seed has equal numbers, and is another net."),
            (lambda optimizer, net: len(optimizer.param_groups) > 0, "It says yes to everything."),
        ),
    ),
    "ex-05-3-bug": Exercise(
        "how many steps does the program make in its ten epochs?",
        Number(within=0.0),
        right=lambda: -(-4000 // 64),
        mistakes=(
            (10 * 63, "So it was meant. What is left in `batches` after the first epoch?"),
            (10, "It is not one step for each epoch."),
            (0, "The first epoch is sound."),
            (62, "What happens to the digits that fill no whole batch?"),
        ),
        hint="What is left in an iterator that has come to its end?",
        why="An iterator that has come to its end gives nothing, and says nothing.",
    ),
}
