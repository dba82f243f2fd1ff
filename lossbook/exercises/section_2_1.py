"""2.1 Losses."""

from __future__ import annotations

import numpy as np

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Each, Number, Numbers


def waits() -> np.ndarray:
    return np.random.default_rng(0).exponential(5.0, size=1000)


ROWS = {
    "ex-02-1-quantile": Exercise(
        "which constant does the pinball loss ask for?",
        Number("minutes"),
        right=lambda: float(np.quantile(waits(), 0.9)),
        mistakes=(
            (float(waits().mean()), "This is what the squared error asks for."),
            (float(np.median(waits())), "This is what equal pulls from both sides ask for. These are not equal."),
            (float(np.quantile(waits(), 0.1)), "You have turned the two pulls round: which one is the stronger?"),
        ),
        hint="Where are the pulls from above and from below in balance?",
    ),
    "ex-02-1-between": Exercise(
        "from where to where is Huber content?",
        Numbers(("from", "to"), "minutes"),
        right=lambda: (2 + 1.0, 12 - 1.0),  # δ from either: the pulls are cut to one size there
        mistakes=(
            ((2.0, 12.0), "This is what MAE is content with. Near each of the two, Huber is a square."),
            ((7.0, 7.0), "This is the mean: the answer of MSE."),
        ),
        hint="Huber is a square within δ of a target, and a straight line beyond.",
    ),
    "ex-02-1-which": Exercise(
        "which loss for which task?",
        Each(("a", "b", "c"), ("MSE", "MAE", "cross entropy", "binary cross entropy")),
        right=lambda: ("MAE", "cross entropy", "binary cross entropy"),
        mistakes=(
            (("MSE", "cross entropy", "binary cross entropy"), "For (a): what does a single absurd value pull with?"),
            (("MAE", "cross entropy", "cross entropy"), "For (c): may the probabilities of the labels sum to one?"),
        ),
    ),
    "ex-02-1-bug": Exercise(
        "what do you print to see it?",
        Choice(("the loss", "the gradient of a weight", "the labels", "the learning rate")),
        right=lambda: "the gradient of a weight",
        mistakes=(
            ("the loss", "It is printed already, and it looks like a number that a loss can have."),
            ("the labels", "They are right. What happens on the way back from the loss to the weights?"),
            ("the learning rate", "With any other rate the loss stands at the same number. Think of the way back."),
        ),
        why="It is None: `argmax` has no slope, so no way leads back to the weights.",
    ),
}
