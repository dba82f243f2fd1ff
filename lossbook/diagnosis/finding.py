"""What a report says of one cause."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook.causes import CAUSES
from lossbook.diagnosis.fixes import line_of
from lossbook.diagnosis.ranking import Ranked
from lossbook.diagnosis.suspicion import FOLLOWS, confidences
from lossbook.probes import Trial, helps


@dataclass(frozen=True)
class Finding:
    """A cause that was found."""

    cause: str  #: a key of ``lossbook.causes.CAUSES``
    confidence: float  #: the share of findings of its grade that were right on foreign programs, in [0, 1]
    evidence: str  #: what was measured, and its limit, in one sentence
    test: str  #: how to see it yourself
    fix: str  #: the line of plain torch to change
    chapter: str  #: the section of the book that teaches it
    trial: Trial | None = None  #: the training on copies, as it is and mended, if that was tried
    follows: str | None = None  #: the cause from which this one follows; mend that one first
    kind: str = "fact"  #: of evidence
    grade: str = "fact-untried"  #: a key of ``suspicion.confidences()``

    @property
    def title(self) -> str:
        """What is wrong, in a few words."""
        return CAUSES[self.cause].title

    @property
    def tried(self) -> str:
        """What was changed on copies, and whether it helps; empty if nothing was tried."""
        if self.trial is None:
            return ""
        words = f"{self.trial.change[:1].upper()}{self.trial.change[1:]}, {len(self.trial.mended)} steps on copies"
        return words if helps(self.trial) else f"{words}, which end no lower"

    @classmethod
    def of(cls, place: Ranked) -> Finding:
        """The finding of a ranked suspicion."""
        one, row = place.suspicion, CAUSES[place.suspicion.cause]
        grade = one.grade if place.follows is None else FOLLOWS
        evidence = f"{one.reading.sentence[:1].upper()}{one.reading.sentence[1:]}{_limit(one.reading)}."
        return cls(
            one.cause,
            confidences()[grade],
            evidence,
            row.test,
            one.reading.fix or line_of(one.cause),
            row.chapter,
            one.trial,
            place.follows,
            one.kind,
            grade,
        )


def _limit(reading: object) -> str:
    """The limit, where the sentence does not say it."""
    limit, measured = getattr(reading, "limit", None), getattr(reading, "measured", None)
    return f" (measured {measured:.3g}, limit {limit:.3g})" if limit and measured is not None else ""
