"""6.2 Generative and contrastive losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from math import log

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Numbers, Tried

Order = Callable[[int], Iterable[int]]

LEVELS = (50, 7)


def _each_once(order: Order) -> bool:
    return all(sorted(order(n)) == list(range(n)) for n in LEVELS)


def _noisiest_first(order: Order) -> bool:
    return all(next(iter(order(n))) == n - 1 for n in LEVELS)


def _by_ones(order: Order) -> bool:
    seen = [list(order(n)) for n in LEVELS]
    return all(before - after == 1 for one in seen for before, after in pairwise(one))


ROWS = {
    "ex-06-2-log": Exercise(
        "what are the three losses, in nats, and how many times as large is the larger slope?",
        Numbers(("J_D", "J_G", "ln(1 - σ)", "times")),
        right=lambda: (-2 * log(0.9), -log(0.1), log(1 - 0.1), (1 - 0.1) / 0.1),
        mistakes=(
            ((-log(0.9), -log(0.1), log(0.9), 9), "D is asked about two kinds of points."),
            ((-2 * log(0.9), -log(0.9), log(0.9), 9), "G looks at its own points alone. What does D say of them?"),
            ((-2 * log(0.9), -log(0.1), -log(0.9), 9), "Which sign has the logarithm of a number below one?"),
            ((-2 * log(0.9), -log(0.1), log(0.9), 1 / 9), "Divide the larger slope by the smaller one."),
        ),
    ),
    "ex-06-2-sgd": Exercise(
        "with which loss do the samples hardly move under SGD?",
        Choice(("-ln σ", "ln(1 - σ)", "both")),
        right=lambda: "ln(1 - σ)",
        mistakes=(
            ("-ln σ", "D is sure that the samples are invented. What is the slope of this loss there?"),
            ("both", "Compare the two slopes where D is sure."),
        ),
        why="Its slope is σ, close to zero, and SGD takes it as it is.",
    ),
    "ex-06-2-floor": Exercise(
        "how low can the mean difference d be for a batch of six?",
        Number(within=0.01),
        right=lambda: -6 / 5,
        mistakes=(
            (-2, "Two vectors can be opposite. Can six vectors all be opposite to each other?"),
            (-1, "Here all six are at right angles. They can be further apart than that."),
            (-5 / 6, "Which of the two is larger, the number of vectors or that of the others?"),
            (6 / 5, "Look at its sign: the right pair should have the larger cosine."),
        ),
    ),
    "ex-06-2-bug": Exercise(
        "in which order does the sampler visit its levels?",
        Tried(
            "a function of the number of levels that gives them in order, such as range",
            (
                ("each level comes once", _each_once),
                ("the level with the most noise comes first", _noisiest_first),
                ("each is one below that before it", _by_ones),
            ),
        ),
        right=lambda: lambda n: reversed(range(n)),
        mistakes=(
            (range, "Sampling begins with pure noise. At which level is that?"),
            (lambda n: range(n, 0, -1), "The levels are counted from 0."),
            (lambda n: [n - 1, *range(n - 1)], "One level in its place is not enough."),
        ),
    ),
}
