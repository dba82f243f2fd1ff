"""3.4.1 Dropout."""

from __future__ import annotations

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Numbers

ROWS = {
    "ex-03-4-1-hand": Exercise(
        "what comes out, and what are mean and variance of the second place?",
        Numbers(("first", "second", "third", "mean", "variance")),
        right=lambda: (
            *(kept * x / (1 - 1 / 3) for kept, x in zip((1, 0, 1), (2.0, 4.0, 6.0), strict=True)),
            4.0,
            4.0**2 * (1 / 3) / (1 - 1 / 3),
        ),
        mistakes=(
            ((2.0, 0.0, 6.0, 4.0, 8.0), "What keeps the mean over all draws where it was?"),
            ((6.0, 0.0, 18.0, 4.0, 8.0), "You have divided by the share that is dropped."),
            (
                (2 * 2 / 3, 0.0, 6 * 2 / 3, 4.0, 8.0),
                "You have multiplied by the share that is kept. Which way keeps the mean?",
            ),
            ((3.0, 0.0, 9.0, 4.0, 0.5), "This is the variance of the factor. By what does it multiply a 4?"),
            ((3.0, 0.0, 9.0, 4.0, 2.0), "The variance grows with the square of what is multiplied."),
        ),
    ),
    "ex-03-4-1-leak": Exercise(
        "which number do you ask for?",
        Choice(("training loss in eval mode", "held-out loss in train mode", "accuracy on training digits")),
        right=lambda: "training loss in eval mode",
        mistakes=(
            (
                "held-out loss in train mode",
                "It would be as noisy as the printed one. Which of the two numbers was measured unfairly?",
            ),
            ("accuracy on training digits", "Compare a loss with a loss."),
        ),
    ),
    "ex-03-4-1-wide": Exercise(
        "how many units must the layer have?",
        Number(within=0.0),
        right=lambda: round(64 * (0.9 / 0.1) / (0.5 / 0.5)),
        mistakes=(
            (round(64 * 0.9 / 0.5), "The noise does not grow with p alone. Which ratio stands in the formula?"),
            (round(64 * 0.5 / 0.1), "So many are needed for as many *kept* units. The formula asks for the noise."),
        ),
    ),
    "ex-03-4-1-bug": Exercise(
        "where must `net.train()` stand?",
        Choice(("above the loop over epochs", "at the top of each epoch", "after the program")),
        right=lambda: "at the top of each epoch",
        mistakes=(
            ("above the loop over epochs", "For which epochs does it hold there? Where is the mode changed again?"),
            ("after the program", "Then nothing trains with it."),
        ),
    ),
}
