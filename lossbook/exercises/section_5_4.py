"""5.4 Evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

import torch
from torch import Tensor

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Number, Tried

Accuracy = Callable[[Sequence[Tensor], Sequence[Tensor]], float]
TRUE = torch.arange(70) % 10
BATCHES = TRUE.split(64)  # 64 and 6
WRONG_LAST = (BATCHES[0], (BATCHES[1] + 1) % 10)
WRONG_FIRST = ((BATCHES[0] + 1) % 10, BATCHES[1])


def over_all(answers: Sequence[Tensor], labels: Sequence[Tensor]) -> float:
    right = sum(int((a == b).sum()) for a, b in zip(answers, labels, strict=True))
    return right / sum(map(len, labels))


def mean_of_means(answers: Sequence[Tensor], labels: Sequence[Tensor]) -> float:
    return sum(float((a == b).float().mean()) for a, b in zip(answers, labels, strict=True)) / len(labels)


def right_by_batches(answers: Sequence[Tensor], labels: Sequence[Tensor]) -> float:
    return sum(int((a == b).sum()) for a, b in zip(answers, labels, strict=True)) / len(labels)


def _close(accuracy: Accuracy, answers: Sequence[Tensor]) -> bool:
    return abs(float(accuracy(answers, BATCHES)) - over_all(answers, BATCHES)) < 1e-6


ROWS = {
    "ex-05-4-paired": Exercise(
        "if b is 30 and c is 50 of 2,000: how many of its standard errors is the difference?",
        Number(within=0.01),
        right=lambda: (50 - 30) / sqrt(50 + 30),
        mistakes=(
            ((50 - 30) / (50 + 30), "Without the root this is no number of errors."),
            ((50 - 30) / 2000, "This is the difference itself. Divide by its standard error."),
            (sqrt(50 + 30) / (50 - 30), "You have turned it round."),
        ),
    ),
    "ex-05-4-no-error": Exercise(
        "which error rate still passes all 200 with a chance of 5 %?",
        Number(within=0.03),
        right=lambda: 1 - 0.05 ** (1 / 200),
        mistakes=(
            (0.05, "This is the chance of passing. Which error rate has it?"),
            (1 / 200, "This is one error in 200. It would pass more often than that."),
            (0.0, "Is a net perfect that has made no error so far?"),
        ),
    ),
    "ex-05-4-imbalance": Exercise(
        "what is the balanced accuracy of the constant?",
        Number(within=0.0),
        right=lambda: (1.0 + 0.0) / 2,
        mistakes=(
            (0.99, "This is near its accuracy. Take the mean of the two recalls."),
            (0.0, "One of its two recalls is not zero."),
            (1.0, "One of its two recalls is zero."),
        ),
    ),
    "ex-05-4-bug": Exercise(
        "what does the mended `accuracy(answers, labels)` look like? Both are lists of batches.",
        Tried(
            "your function",
            (
                ("it is 1 if all are right", lambda one: abs(float(one(BATCHES, BATCHES)) - 1) < 1e-6),
                ("it is right if only the last, small batch is wrong", lambda one: _close(one, WRONG_LAST)),
                ("it is right if only the large batch is wrong", lambda one: _close(one, WRONG_FIRST)),
            ),
        ),
        right=lambda: over_all,
        mistakes=(
            (mean_of_means, "Batches of different sizes have one voice each. Whose voice is too loud?"),
            (right_by_batches, "You divide by the number of batches."),
        ),
    ),
}
