"""What a diagnosis says: the symptom, whether the training is sound, what is wrong, and what was not looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from lossbook.diagnosis.finding import Finding
from lossbook.evidence import Series
from lossbook.probes import Reading, Trial
from lossbook.symptoms import Verdict


class NotTested(NamedTuple):
    """Something that was left out."""

    what: str  #: a cause, or what was to be tried
    why: str


class Check(NamedTuple):
    """A line of a check-up."""

    name: str
    passed: bool | None  #: None: it cannot tell
    sentence: str


@dataclass(frozen=True, repr=False)
class Report:
    """What was found in a training.

    ``print(report)`` tells it in a terminal; a notebook shows it as a card. ``assert report.healthy, report`` makes a
    test of it.

    >>> report = Report(None, healthy=True)
    >>> assert report.healthy, report
    """

    symptom: Verdict | None  #: of the loss; None if there is none yet
    healthy: bool  #: something was tested, no cause was found, no check failed, and the loss stayed finite
    findings: tuple[Finding, ...] = ()  #: what is to be mended first in front
    not_tested: tuple[NotTested, ...] = ()
    ask: tuple[str, ...] = ()  #: what no tool can see
    loop: Trial | None = None  #: what the program did beside five plain lines, if those learn and it did not
    notes: tuple[str, ...] = ()  #: what could not be seen, and why; how the training ended
    checks: tuple[Check, ...] = ()  #: of a check-up
    curve: Series = Series()  #: of the loss, as it was logged
    readings: tuple[tuple[str, Reading], ...] = ()  #: cause -> what its test says, of all that were made
    seconds: float = 0.0  #: that the experiments took
    steps: int = 0  #: that copies were trained in them
    timeline: tuple[tuple[float, str], ...] = ()  #: seconds, and the experiment that was begun then

    def __bool__(self) -> bool:
        return self.healthy

    @property
    def in_the_loop(self) -> bool:
        """Whether five plain lines learn where the program did not, so that the loop is at fault."""
        return self.loop is not None

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        lead = next(iter(self.findings), None)
        where = "It is in your loop: five plain lines learn where it did not. " if self.in_the_loop else ""
        if lead is not None:
            more = len([each for each in self.findings if each.follows is None]) - 1
            also = f", and {more} more" if more else ""
            return f"{where}{lead.title} ({lead.cause}){also}."
        failed = [check.name for check in self.checks if check.passed is False]
        if failed:
            return f"{len(failed)} of {len(self.checks)} checks failed: {', '.join(failed)}."
        if where:
            return f"{where}Which line it is was not found."
        if self.healthy:
            looked = sum(reading.outcome in ("found", "not found") for _, reading in self.readings)
            most = looked < len(self.not_tested)
            return f"Nothing was found{f', but {len(self.not_tested)} tests could not be made' if most else ''}."
        if not self.readings and not self.checks:
            return f"Nothing could be tested. {next(iter(self.notes), '')}".strip()
        return "Something is wrong, and its cause was not found."

    def __repr__(self) -> str:  # pytest shows it, cut at 240 characters, where assert report.healthy, report fails
        return f"<Report: {self.headline} print(report) tells the rest>"

    def __str__(self) -> str:
        from lossbook.diagnosis.as_text import text

        return text(self)

    def _repr_html_(self) -> str:
        from lossbook.diagnosis.as_card import card

        return card(self)

    def to_json(self) -> str:
        """All of it as JSON, without paths, user names and examples."""
        from lossbook.diagnosis.as_data import as_json

        return as_json(self)

    def to_markdown(self) -> str:
        """It as Markdown for a public issue tracker, without paths, user names and examples."""
        from lossbook.diagnosis.as_markdown import markdown

        return markdown(self)
