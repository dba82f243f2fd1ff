"""What is known of one cause of a loss that does not go down."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook import checks
from lossbook.symptoms import SYMPTOMS

GROUPS = ("data", "model", "objective", "optimiser and learning rate", "regularisation", "loop")


@dataclass(frozen=True)
class Cause:
    """One row of ``CAUSES``.

    Raises:
        ValueError: a group or a symptom that is none.
    """

    key: str  #: its name everywhere, in scenarios, reports and addresses of pages
    title: str  #: what is wrong, in a few words
    group: str  #: one of ``GROUPS``, where the repair is made
    symptoms: tuple[str, ...]  #: keys of ``SYMPTOMS``, the most frequent first; none if the loss looks well
    test: str  #: the decisive test, what to do and what it shows if this is the cause
    fix: str  #: what to change
    sources: tuple[str, ...]  #: keys of the bibliography, of those who name it
    chapter: str  #: the section of the book that teaches it

    def __post_init__(self) -> None:
        checks.one_of("group", self.group, GROUPS)
        for code in self.symptoms:
            checks.one_of("symptom", code, SYMPTOMS)
