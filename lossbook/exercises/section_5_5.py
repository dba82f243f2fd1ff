"""5.5 Break it, diagnose it, mend it."""

from __future__ import annotations

from math import log

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Causes, Number, Several

ROWS = {
    "ex-05-5-memory": Exercise(
        "which two arguments make a report repeat?",
        Several(("seed", "steps", "device", "loss", "batches")),
        right=lambda: {"seed", "steps"},
        mistakes=(
            ({"seed"}, "The tests stop by a budget: of time, or of what else?"),
            ({"steps"}, "The tests draw. From what?"),
        ),
    ),
    "ex-05-5-break": Exercise(
        "which cause is found?",
        Causes(),
        right=lambda: {"dropout-too-high"},
        mistakes=(
            ({"overfitting"}, "Look at the training loss: it does not get that far."),
            ({"capacity-too-small"}, "The net is the same. What is left of it at each step?"),
            ({"train-eval-mode"}, "The mode is right. What does the training mode do here?"),
        ),
    ),
    "ex-05-5-find": Exercise(
        "which two causes are in the program?",
        Causes(),
        right=lambda: {"softmax-before-cross-entropy", "parameters-not-optimized"},
        mistakes=(
            ({"softmax-before-cross-entropy"}, "This is the one that is named first. Mend it, and ask again."),
            ({"parameters-not-optimized"}, "This one is there. The first report names another."),
        ),
    ),
    "ex-05-5-tries": Exercise(
        "at which loss does it stay each time?",
        Number("nats", within=0.03),
        right=lambda: log(10),
        mistakes=(
            (0.0, "Nothing is learned at all."),
            (1.46, "This is another bug's level. This net gives each class about the same chance."),
        ),
    ),
}
