"""3.2.1 Structure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Number, Tried

SIZES = (196, 64, 64, 10)
Maker = Callable[[Sequence[int]], nn.Module]


def built(sizes: Sequence[int], last: bool = False, between: bool = True) -> nn.Module:
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), *([nn.ReLU()] if between else [])]
    return nn.Sequential(nn.Flatten(), *(layers if last or not between else layers[:-1]))


def _outputs(make: Maker, factor: float = 1.0) -> Tensor:
    drawn = torch.Generator().manual_seed(0)
    x = torch.randn(64, SIZES[0], generator=drawn)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = make(SIZES)
    with torch.no_grad():
        for name, p in net.named_parameters():
            if name.endswith("bias"):
                p.zero_()
        return net(factor * x)


def _bent(make: Maker) -> bool:
    """Whether minus x gives something else than minus the outputs, as it would not without ReLU and biases."""
    return not torch.allclose(_outputs(make, -1.0), -_outputs(make), atol=1e-5)


ROWS = {
    "ex-03-2-1-field": Exercise(
        "how far does the unit see, in pixels?",
        Number(within=0.0),
        right=lambda: 1 + 3 * (3 - 1),
        mistakes=(
            (9, "The windows overlap: a second layer adds less than a whole window."),
            (3, "So far sees one layer."),
            (5, "So far see two layers."),
        ),
    ),
    "ex-03-2-1-bug": Exercise(
        "what does the mended `built(sizes)` look like? It gives the net.",
        Tried(
            "your function of the sizes",
            (
                ("it has a logit for each class", lambda make: _outputs(make).shape == (64, SIZES[-1])),
                ("a logit can be negative", lambda make: bool(_outputs(make).min() < 0)),
                ("the layers between are still bent", _bent),
            ),
        ),
        right=lambda: built,
        mistakes=(
            (lambda sizes: built(sizes, last=True), "Print the smallest output. What stands behind the last layer?"),
            (lambda sizes: built(sizes, between=False), "Now no ReLU is left, and the net is one linear map."),
        ),
    ),
    "ex-03-2-1-branch": Exercise(
        "by which factor does the mean square of h grow in a block?",
        Number(within=0.1),
        right=lambda: 1.0 + 2.0,
        mistakes=(
            (2.0, "This is the branch alone. The block adds it to h."),
            (1.0, "So it is with the zeros in the second layer."),
            (4.0, "Two equal things that point the same way would give this. The branch points anywhere."),
        ),
    ),
    "ex-03-2-1-range": Exercise(
        "what is the lowest MSE?",
        Number(within=0.02),
        right=lambda: _clipped_error(),
        mistakes=(
            (0.5, "This is the half below 0. Some targets lie above 1, too."),
            (1.0, "This is what a constant answer of 0 costs."),
            (0.0, "Can a sigmoid say -1?"),
        ),
    ),
}


def _clipped_error() -> float:
    price = torch.randn(1_000_000, generator=torch.Generator().manual_seed(0))
    return (price.clamp(0, 1) - price).square().mean().item()
