"""A report as Markdown for a public issue tracker."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lossbook.diagnosis.as_text import not_tested_by_reason, small_curve
from lossbook.diagnosis.finding import Finding
from lossbook.diagnosis.privacy import cleaned
from lossbook.diagnosis.report import Report
from lossbook.probes import Trial


def markdown(report: Report) -> str:
    """The report without paths, user names and examples; whatever is markup in a name is shown as it is."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"### {plain(report.headline)}"
    yield ""
    if report.symptom is not None:
        yield f"**Symptom** {plain(report.symptom.code)}: {plain(report.symptom.sentence)}"
        yield ""
    if report.curve.values:
        yield from _block([small_curve(report.curve.values)])
    if report.loop is not None:
        yield f"{plain(report.loop.change.capitalize())}, on copies:"
        yield ""
        yield from _trial(report.loop)
    place = 0
    for finding in report.findings:
        if finding.follows is None:
            place += 1
            yield from _finding(place, finding, report)
    marks = {True: "passed", False: "**failed**", None: "cannot tell"}
    yield from (f"- {plain(check.name)}: {marks[check.passed]}, {plain(check.sentence)}" for check in report.checks)
    left = [f"{', '.join(what)}: {why}" for why, what in not_tested_by_reason(report).items()]
    for title, lines in (
        ("Notes", report.notes),
        ("Not tested", left),
    ):
        if lines:
            yield from ("", f"<details><summary>{title}</summary>", "")
            yield from (f"- {plain(line)}" for line in lines)
            yield from ("", "</details>")


def _finding(place: int, finding: Finding, report: Report) -> Iterator[str]:
    yield f"#### {place}. {plain(finding.title)} (`{finding.cause}`, {finding.confidence:.0%} sure)"
    yield ""
    yield plain(finding.evidence)
    yield ""
    if finding.trial is not None:
        yield f"{plain(finding.tried)}:"
        yield ""
        yield from _trial(finding.trial)
    yield from _block([finding.fix], "python")
    below = [other for other in report.findings if other.follows == finding.cause]
    for other in below:
        yield f"- Follows from it: {plain(other.title)} (`{other.cause}`). {plain(other.evidence)}"
    if below:
        yield ""


def _trial(trial: Trial) -> Iterator[str]:
    like = (*trial.as_is, *trial.mended)
    yield from _block(
        [f"{name:9}{small_curve(each, like)}" for name, each in (("as it is", trial.as_is), ("mended", trial.mended))]
    )


def _block(lines: list[str], language: str = "text") -> Iterator[str]:
    yield from (f"```{language}", *(cleaned(line) for line in lines), "```", "")


def plain(words: str) -> str:
    """Words in which nothing is markup, a mention or a reference to an issue.

    >>> plain("layer <b>'*x*'</b> @ada #12")
    "layer &lt;b&gt;'\\\\*x\\\\*'&lt;/b&gt; @\\u200bada #\\u200b12"
    """
    words = cleaned(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    words = re.sub(r"([\\`*_\[\]|~])", r"\\\1", words)
    return re.sub(r"([@#])(?=\w)", "\\1\u200b", words).replace("\n", " ")
