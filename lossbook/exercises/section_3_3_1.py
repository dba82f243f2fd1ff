"""3.3.1 Optimisers in the race."""

from __future__ import annotations

import numpy as np

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Several

RULES = {"its own best rate", "several seeds", "a named budget"}


def share_after(tenth: int = 10) -> float:
    share = 1 / np.arange(1, 101) ** 2.0
    return float(share[tenth:].sum() / share.sum())


ROWS = {
    "ex-3-3-1-memory": Exercise(
        "what are the three rules?",
        Several(
            (
                "one rate for all",
                "its own best rate",
                "one seed for all",
                "several seeds",
                "a named budget",
                "the same curve",
            )
        ),
        right=lambda: RULES,
        mistakes=(
            (
                {"one rate for all", "several seeds", "a named budget"},
                "The same number means another step to each rule.",
            ),
            (
                {"its own best rate", "one seed for all", "a named budget"},
                "One draw decides little: how would you know the spread?",
            ),
        ),
    ),
    "ex-3-3-1-weights": Exercise(
        "at which pace does gradient descent learn the rows now?",
        Choice(("all at one pace", "rare rows faster", "frequent rows faster")),
        right=lambda: "all at one pace",
        mistakes=(
            ("frequent rows faster", "So it was without the weights."),
            ("rare rows faster", "Multiply: the share of a word times its weight."),
        ),
    ),
    "ex-3-3-1-how-rare": Exercise(
        "which share of the text are the ninety words after the tenth?",
        Number(within=0.02),
        right=share_after,
        mistakes=(
            (0.9, "This is their share of the vocabulary."),
            (1 - share_after(), "This is the share of the first ten."),
            (0.01, "This is about the weight of the tenth word, before the shares are made to sum to one."),
        ),
        why="So the mean hardly sees them.",
    ),
    "ex-3-3-1-find": Exercise(
        "what must be made anew for each rule?",
        Choice(("the data", "the loss", "the net")),
        right=lambda: "the net",
        mistakes=(
            ("the data", "Both rules may see the same digits. Where does the second rule begin?"),
            ("the loss", "It has no memory. What has?"),
        ),
        why="Else the second rule goes on where the first has stopped.",
    ),
}
