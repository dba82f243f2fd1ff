"""3.2.2 Parameters."""

from __future__ import annotations

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Numbers


def grown() -> tuple[float, ...]:
    once, twice = ([a * b + b for a, b in ((784, n), (n, n), (n, 10))] for n in (64, 128))
    return tuple(two / one for one, two in zip(once, twice, strict=True))


ROWS = {
    "ex-03-2-2-count": Exercise(
        "by which factor does each layer grow?",
        Numbers(("first", "middle", "last"), within=0.03),
        right=grown,
        mistakes=(
            ((2.0, 2.0, 2.0), "The middle layer gets wider at both of its sides."),
            ((4.0, 4.0, 4.0), "How many sides of each layer change?"),
        ),
    ),
    "ex-03-2-2-bug": Exercise(
        "which entry of `sizes` has to change? The first is number 0.",
        Number(within=0.0),
        right=lambda: [196, 128, 1, 128, 10].index(min([196, 128, 1, 128, 10])),
        mistakes=(
            (1, "The friend doubled this one, and it did not help."),
            (3, "The friend doubled this one, and it did not help. (Do you count from 0?)"),
            (4, "There are ten classes."),
        ),
    ),
    "ex-03-2-2-steps": Exercise(
        "which of the two ends lower?",
        Choice(("4 units, 1,600 steps", "16 units, 400 steps", "they end alike")),
        right=lambda: "16 units, 400 steps",
        mistakes=(
            ("4 units, 1,600 steps", "It falls further, by about a third. Is that enough?"),
            ("they end alike", "Compare the two numbers: they are far apart."),
        ),
    ),
    "ex-03-2-2-random": Exercise(
        "what does a training loss of 0 tell you?",
        Choice(("the net is large enough", "the labels are right", "the net knows the digits")),
        right=lambda: "the net is large enough",
        mistakes=(
            ("the labels are right", "These were random."),
            ("the net knows the digits", "Look at its held-out loss."),
        ),
    ),
}
