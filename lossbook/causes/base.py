"""What is known of one cause of a loss that does not go down."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook import checks
from lossbook.symptoms import SYMPTOMS

GROUPS = ("data", "model", "objective", "optimiser and learning rate", "regularisation", "loop")

#: what a decisive test takes, the cheapest first. A test is ranked by the first thing that it asks for, since what is
#: seen there often settles the case: to look at what is at hand, then to send batches through the model, then to train
COSTS = {
    "look": "look at numbers, shapes or lines of code",
    "pass": "send a few batches through the model",
    "training": "train for a few steps",
}

#: the sections of the book that are written; a cause may name one that is planned
WRITTEN = ("1.1", "2.1", "2.3", "3.3.2", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4")


@dataclass(frozen=True)
class Cause:
    """One row of ``CAUSES``.

    Raises:
        ValueError: a group, a symptom or a cost that is none.
    """

    key: str  #: its name everywhere, in scenarios, reports and addresses of pages
    title: str  #: what is wrong, in a few words
    group: str  #: one of ``GROUPS``, where the repair is made
    symptoms: tuple[str, ...]  #: keys of ``SYMPTOMS``, the most frequent first; none if the loss looks well
    test: str  #: the decisive test, what to do and what it shows if this is the cause
    fix: str  #: what to change
    sources: tuple[str, ...]  #: keys of ``SOURCES``, of those who name it
    chapter: str  #: the section of the book that teaches it, or will
    cost: str = "training"  #: a key of ``COSTS``: what the test takes

    def __post_init__(self) -> None:
        checks.one_of("group", self.group, GROUPS)
        checks.one_of("cost", self.cost, COSTS)
        for code in self.symptoms:
            checks.one_of("symptom", code, SYMPTOMS)
