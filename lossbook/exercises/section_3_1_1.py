"""3.1.1 Data quality."""

from __future__ import annotations

from math import log

import torch

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number


def gap_error(value: float | None) -> float:
    """The squared error of the best linear model of the flats, with the gaps filled by this value, or by the mean."""
    rng = torch.Generator().manual_seed(1)
    flats = torch.randn(1000, 4, generator=rng)
    price = (flats @ torch.tensor([3.0, -1.0, 2.0, 0.5])).double()[:, None]
    gap = torch.rand(1000, generator=rng) < 0.03
    flats[gap, 2] = flats[~gap, 2].mean() if value is None else value
    columns = torch.cat([flats, torch.ones(1000, 1)], dim=1).double()
    return (columns @ torch.linalg.lstsq(columns, price).solution - price).square().mean().item()


ROWS = {
    "ex-03-1-1-floor": Exercise(
        "what is the floor of the loss?",
        Number("nats", within=0.01),
        right=lambda: -0.9 * log(0.9) - 0.1 * log(0.1 / 99),
        mistakes=(
            (-log(0.9), "This is what a right label costs. One in ten is wrong: what does a wrong one cost?"),
            (-0.9 * log(0.9) - 0.1 * log(0.1), "A wrong label is one of ninety-nine."),
            (log(100), "This is the level of a net that knows nothing."),
        ),
    ),
    "ex-03-1-1-sentinel": Exercise(
        "what is the squared error of the best linear model, with -999 in the gaps?",
        Number(within=0.15),
        right=lambda: gap_error(-999.0),
        mistakes=(
            (gap_error(None), "The error is that small with the mean in the gaps. Here they hold -999."),
            (1.0, "This is the variance of the column. How does the price depend on it?"),
            (2.0, "This is the coefficient. How large is the square of what it contributes?"),
        ),
        hint="Which column is lost, and how much of the price's variance comes from it?",
    ),
    "ex-03-1-1-offset": Exercise(
        "what share of the held-out digits is right?",
        Choice(("as before", "that of guessing", "far below guessing")),
        right=lambda: "far below guessing",
        mistakes=(
            ("as before", "The net learns names. Are the held-out names the same?"),
            ("that of guessing", "A net that guesses is right by chance. This one knows the digits well."),
        ),
    ),
    "ex-03-1-1-bug": Exercise(
        "on how many different digits does this program train?",
        Number(within=0.0),
        right=lambda: len({index for _ in range(200) for index in next(iter(torch.arange(4000).split(64))).tolist()}),
        mistakes=(
            (200 * 64, "This would be so if each step took another batch. What does `iter(loader)` begin?"),
            (200, "This is the number of steps. How many digits has a step, and which of them are new?"),
        ),
    ),
}
