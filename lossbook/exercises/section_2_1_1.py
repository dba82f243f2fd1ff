"""2.1.1 Levels."""

from __future__ import annotations

from math import log

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Number, Numbers

ROWS = {
    "ex-02-1-1-padding": Exercise(
        "what is the loss of each real token?",
        Number("nats"),
        right=lambda: log(1000),
        mistakes=(
            (0.2 * log(1000), "This is the mean over all places. Most of them cost nothing."),
            (0.8 * log(1000), "You have taken the share of the padding. Which places still cost something?"),
            (0.0, "Only the padding costs nothing."),
        ),
        hint="The real tokens are a fifth of all places, and the others cost nothing.",
    ),
    "ex-02-1-1-noise": Exercise(
        "what is the lowest mean loss on labels that the net has not seen?",
        Number("nats", within=0.01),
        right=lambda: -(0.8 * log(0.8) + 0.2 * log(0.2 / 9)),
        mistakes=(
            (-log(0.8), "This is what a right label costs. One label in five is none."),
            (-(0.8 * log(0.8) + 0.2 * log(0.2)), "A wrong label is one of nine, and nobody can tell which."),
            (0.0, "No net can know which of the labels will be wrong."),
        ),
        hint="What are the true chances of the ten labels, and what is the entropy of these?",
    ),
    "ex-02-1-1-first": Exercise(
        "what are the three first losses?",
        Numbers(("a", "b", "c"), "nats", within=0.01),
        right=lambda: (log(10), log(50_000), 30 * log(2)),
        mistakes=(
            ((log(10), log(50_000), log(2)), "(c) is a sum over the labels, as the exercise says."),
            ((log(10), log(50_000), log(30)), "In (c) each label is a question of its own, with two answers."),
            ((1.0, log(50_000) / log(10), 30 * log(2) / log(10)), "Nats are counted with the natural logarithm."),
        ),
        hint="A fresh net gives each answer the same chance. What does the true one cost?",
    ),
    "ex-02-1-1-bug": Exercise(
        "how many examples are in a batch?",
        Number(within=0.0),
        right=lambda: round(147.4 / log(10)),
        mistakes=(
            (147.0, "This is the level itself. What would one example cost?"),
            (10.0, "This is the number of classes."),
        ),
        hint="Divide the level by what one example costs.",
        why="A level that is a multiple of the right one is a sum.",
    ),
}
