"""5.2 The net."""

from __future__ import annotations

from math import log

import torch
from torch.nn.functional import cross_entropy

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Several
from lossbook.models import Net

LAYERS = (
    "conv1.weight",
    "conv1.bias",
    "conv2.weight",
    "conv2.bias",
    "fc1.weight",
    "fc1.bias",
    "fc2.weight",
    "fc2.bias",
)


def reached(*zeroed: str) -> set[str]:
    """The parameters that the first gradient reaches, with these layers set to zero."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = Net().eval()
    for name in zeroed:
        for p in getattr(net, name).parameters():
            torch.nn.init.zeros_(p)
    x = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    cross_entropy(net(x), torch.arange(4)).backward()
    return {name for name, p in net.named_parameters() if p.grad is not None and bool(p.grad.any())}


ROWS = {
    "ex-05-2-zeros": Exercise(
        "which tensors get a gradient at the first step, with fc2 at zero?",
        Several(LAYERS),
        right=lambda: reached("fc2"),
        mistakes=(
            (reached("fc1", "fc2"), "So it is with fc1 at zero, too."),
            (set(LAYERS), "By what is the gradient multiplied on its way down through fc2?"),
            (
                set(LAYERS) - {"fc2.weight", "fc2.bias"},
                "You have it the wrong way round: does fc2's own gradient need fc2's weights?",
            ),
        ),
    ),
    "ex-05-2-labels": Exercise(
        "what does the check by heart not see?",
        Choice(("wrong labels", "a wrong loss", "a frozen layer", "a wrong update")),
        right=lambda: "wrong labels",
        mistakes=(
            (
                "a wrong loss",
                "With a wrong loss the twenty digits are not learned: the opening of this page shows one.",
            ),
            ("a wrong update", "Without right updates nothing is learned by heart."),
            ("a frozen layer", "It may pass with one, if the others suffice. Something else passes by design."),
        ),
    ),
    "ex-05-2-count": Exercise(
        "how many inputs has fc1?",
        Number(within=0.0),
        right=lambda: 64 * ((28 - 2 - 2) // 2) ** 2,
        mistakes=(
            (64 * 14 * 14, "Each 3 × 3 convolution without padding takes a border away."),
            (64 * 24 * 24, "The pooling halves both sides."),
            (12 * 12, "This is one of the channels."),
            (32 * 12 * 12, "These are the channels of the first convolution."),
        ),
    ),
    "ex-05-2-bug": Exercise(
        "near which number does the loss begin?",
        Number("nats", within=0.01),
        right=lambda: log(64),
        mistakes=(
            (log(10), "So it would begin with the right axis. Which numbers sum to one here?"),
            (0.0, "A fresh net is not sure of anything."),
            (log(640), "The softmax runs over one of the two axes."),
        ),
        hint="Over how many numbers does this softmax share the one?",
        why="The first loss is the logarithm of how many numbers share the one: here the examples of the batch.",
    ),
}
