"""2.1.2 Classic bugs."""

from __future__ import annotations

from collections.abc import Callable
from math import e, log

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Tried

SMALL = torch.tensor([[0.5, -1.0, 2.0], [1.0, 1.0, 0.0]])
HUGE = torch.tensor([[1000.0, -1000.0, 0.0], [0.0, 900.0, -900.0]])
LABELS = torch.tensor([2, 0])
Loss = Callable[[Tensor, Tensor], Tensor]


def _agrees(loss: Loss) -> bool:
    return torch.allclose(loss(SMALL, LABELS), cross_entropy(SMALL, LABELS), atol=1e-5)


def _slope_agrees(loss: Loss) -> bool:
    z = HUGE.clone().requires_grad_()
    ours, theirs = (torch.autograd.grad(one(z, LABELS), z)[0] for one in (loss, cross_entropy))
    return torch.allclose(ours, theirs, atol=1e-5)


def range_of(classes: int) -> float:
    return log(classes) - log(1 + (classes - 1) / e)


def as_written(z: Tensor, y: Tensor) -> Tensor:
    return -torch.log(torch.softmax(z, dim=1))[range(len(y)), y].mean()


TRIALS = (
    ("for ordinary logits it is the cross entropy", _agrees),
    ("it is finite for logits of a thousand", lambda loss: bool(loss(HUGE, LABELS).isfinite())),
    ("its gradient is right there, too", _slope_agrees),
)

ROWS = {
    "ex-02-1-2-many-classes": Exercise(
        "how far below ln K can the loss of the 50,000 classes fall?",
        Number("nats"),
        right=lambda: range_of(50_000),
        mistakes=(
            (log(50_000), "This is where the loss begins. After a softmax no logit is larger than one."),
            (range_of(2), "This is the range for two classes."),
            (range_of(10), "This is the range for ten classes."),
        ),
        hint="What is the best that it can say after the inner softmax? Put that into the cross entropy.",
    ),
    "ex-02-1-2-two-terms": Exercise(
        "what is `weight.grad` of the digits' head if the second assignment replaces the first?",
        Choice(("None", "zeros", "the same as before")),
        right=lambda: "None",
        mistakes=(
            ("zeros", "Zeros are a gradient that was computed. Was there a way from the loss to this head?"),
            ("the same as before", "The first loss is never asked for its gradient."),
        ),
        why="No way leads from the second loss to that head.",
    ),
    "ex-02-1-2-stable": Exercise(
        "what does your `loss(z, y)` look like?",
        Tried("your function", TRIALS),
        right=lambda: lambda z, y: (torch.logsumexp(z, dim=1) - z[range(len(y)), y]).mean(),
        mistakes=(
            (as_written, "The softmax gives an exact zero there, and the logarithm of it is taken."),
            (
                lambda z, y: -torch.log(torch.softmax(z, dim=1) + 1e-8)[range(len(y)), y].mean(),
                "The value is finite now. Look at the gradient: nothing pulls the wrong answer back.",
            ),
            (
                lambda z, y: (torch.logsumexp(z, dim=1) - z[range(len(y)), y]).sum(),
                "It is a multiple of the cross entropy. Sum or mean?",
            ),
        ),
        why="The logarithm is taken of the sum, and never of a probability.",
    ),
    "ex-02-1-2-bug": Exercise(
        "what does the mended `loss(z, y)` look like?",
        Tried(
            "your function",
            (
                ("the loss is positive", lambda loss: bool(loss(SMALL, LABELS) > 0)),
                ("a surer right answer costs less", lambda loss: bool(loss(5 * SMALL, LABELS) < loss(SMALL, LABELS))),
                ("it is the cross entropy", _agrees),
            ),
        ),
        right=lambda: cross_entropy,
        mistakes=(
            (lambda z, y: nll_loss(torch.softmax(z, dim=1), y), "It is still minus the mean probability."),
            (
                lambda z, y: -nll_loss(torch.softmax(z, dim=1), y),
                "The sign alone makes it positive, and it is no logarithm.",
            ),
            (lambda z, y: cross_entropy(torch.softmax(z, dim=1), y), "Now there is a softmax too many."),
        ),
        why="`nll_loss` takes logarithms of probabilities, as its name does not say.",
    ),
}
