"""What is known of one cause of a loss that does not go down."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook import checks
from lossbook.symptoms import SYMPTOMS

GROUPS = ("data", "model", "objective", "optimiser and learning rate", "regularisation", "loop")

#: of causes, in the order of every list; each is a file here, in ``lossbook.probes`` and in ``lossbook.scenarios``
FAMILIES = (
    "data",
    "batches",
    "targets",
    "labels",
    "model",
    "representation",
    "signals",
    "objective",
    "terms",
    "step_size",
    "optimizer",
    "regularization",
    "loop",
)

#: what a decisive test needs, the cheapest first. A test that needs several things is ranked by its first step, since
#: that step often settles the case
COSTS = {
    "look": "look at numbers, shapes or lines of code",
    "pass": "send a few batches through the model",
    "training": "train for a few steps",
}


@dataclass(frozen=True)
class Cause:
    """One row of ``CAUSES``.

    Raises:
        ValueError: an unknown group, symptom or cost.
    """

    key: str  #: its name everywhere, in scenarios, reports and addresses of pages
    title: str  #: what is wrong, in a few words
    group: str  #: one of ``GROUPS``, which says where to make the repair
    symptoms: tuple[str, ...]  #: keys of ``SYMPTOMS``, the most frequent first; empty if the loss looks healthy
    test: str  #: the decisive test, with what to do, and what you see if this is the cause
    fix: str  #: what to change
    sources: tuple[str, ...]  #: keys of ``SOURCES`` that name this cause
    chapter: str  #: the section of the book that teaches it, now or later
    cost: str = "training"  #: a key of ``COSTS``: what the test needs

    def __post_init__(self) -> None:
        checks.one_of("group", self.group, GROUPS)
        checks.one_of("cost", self.cost, COSTS)
        for code in self.symptoms:
            checks.one_of("symptom", code, SYMPTOMS)
