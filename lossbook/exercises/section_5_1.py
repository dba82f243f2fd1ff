"""5.1 Data."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import torch
from torch import Tensor

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Tried

Shuffle = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def together(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    order = torch.randperm(len(x))
    return x[order], y[order]


def apart(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return x[torch.randperm(len(x))], y


def apart_twice(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return x[torch.randperm(len(x))], y[torch.randperm(len(y))]


def _shuffled(shuffle: Shuffle) -> tuple[Tensor, Tensor]:
    x = torch.arange(50.0)[:, None].repeat(1, 2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return shuffle(x, 3 * torch.arange(50))


def _paired(shuffle: Shuffle) -> bool:
    x, y = _shuffled(shuffle)
    return torch.equal(3 * x[:, 0].long(), y)


ROWS = {
    "ex-05-1-bytes": Exercise(
        "at what height does the curve end?",
        Choice(("0", "the entropy of the labels", "ten times ln 10")),
        right=lambda: "the entropy of the labels",
        mistakes=(
            ("0", "It ends flat and high."),
            ("ten times ln 10", "So it may begin. What can a net still learn that ignores its input?"),
        ),
        why="A net that ignores its input can still learn how often each class occurs.",
    ),
    "ex-05-1-imbalance": Exercise(
        "what is the loss of the best constant answer?",
        Number("nats", within=0.01),
        right=lambda: -(0.9 * log(0.9) + 0.1 * log(0.1 / 9)),
        mistakes=(
            (-log(0.9), "This is what a sound part costs. One part in ten is not."),
            (-(0.9 * log(0.9) + 0.1 * log(0.1)), "There are nine kinds of faults."),
            (log(10), "This is the loss of even chances. Is there a better constant?"),
        ),
    ),
    "ex-05-1-inverted": Exercise(
        "what is the accuracy on the inverted digits?",
        Choice(("as before", "in between", "near chance")),
        right=lambda: "near chance",
        mistakes=(
            ("as before", "The eye sees strokes. What does the net see?"),
            ("in between", "Measure it: each pixel has changed its sign."),
        ),
    ),
    "ex-05-1-bug": Exercise(
        "what does the mended `shuffle(x, y)` look like?",
        Tried(
            "your function",
            (
                ("each image keeps its label", _paired),
                ("the order changes", lambda shuffle: not torch.equal(_shuffled(shuffle)[0][:, 0], torch.arange(50.0))),
                ("nothing is lost or doubled", lambda shuffle: len(_shuffled(shuffle)[0].unique()) == 50),
            ),
        ),
        right=lambda: together,
        mistakes=(
            (apart, "The order changes and nothing is lost. Whose order is it?"),
            (lambda x, y: (x, y), "The pairs are safe, since nothing is shuffled."),
        ),
        why="One order, drawn once, for both.",
    ),
}
