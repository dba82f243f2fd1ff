"""3.3.2 Schedules."""

from __future__ import annotations

import numpy as np
import torch

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Tried

EXPECTED = (0.01, 0.5, 1.0, 25.0)


def mean_of_wave(steps: int = 504, half: int = 8) -> float:
    return float(np.mean((1 + np.cos(np.pi * np.arange(steps) / half)) / 2))


def rate_of_lambda(alpha: float = 0.01) -> float:
    optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=alpha)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: alpha * 0.99**step)
    return optimizer.param_groups[0]["lr"]


ROWS = {
    "ex-03-3-2-best-rate": Exercise(
        "which α, as a function of s?",
        Tried(
            "your function rate(s)",
            (
                ("it is right for s = 1", lambda rate: abs(rate(1.0) - 1 / 2) < 1e-6),
                ("it is right for other s", lambda rate: all(abs(rate(s) - s / (s + 1)) < 1e-6 for s in EXPECTED)),
            ),
        ),
        right=lambda: lambda s: s / (s + 1),
        mistakes=(
            (
                lambda s: 1 / (s + 1),
                "It is right for one s alone. Far from the goal, should the step be long or short?",
            ),
            (lambda s: s, "Set the derivative with respect to α to zero; the noise has a term, too."),
        ),
        hint="Set the derivative of the next s with respect to α to zero.",
    ),
    "ex-03-3-2-clip-instead": Exercise(
        "whom does clipping help in the first steps?",
        Choice(("both", "Adam alone", "gradient descent alone", "neither")),
        right=lambda: "gradient descent alone",
        mistakes=(
            ("both", "By what does Adam divide the clipped gradient?"),
            ("Adam alone", "By what does Adam divide the clipped gradient?"),
            ("neither", "For one of the two the step is the gradient times α."),
        ),
    ),
    "ex-03-3-2-wave": Exercise(
        "what is the mean of α, in units of its first value?",
        Number(within=0.02),
        right=mean_of_wave,
        mistakes=(
            (0.0, "It is 0 for moments only, and comes back."),
            (1.0, "This is where it begins, and where it is again and again."),
            (2 / np.pi, "This is the mean of half a sine. The wave is a raised cosine."),
        ),
    ),
    "ex-03-3-2-bug": Exercise(
        "which rate has the first step?",
        Number(within=0.01),
        right=rate_of_lambda,
        mistakes=(
            (0.01, "So it was meant. What does LambdaLR do with what the function gives?"),
            (1.0, "A factor of one would leave the rate as it is. Which factor does the function give first?"),
        ),
        why="The function gives a factor, and the rate stands before it already.",
    ),
}
