"""A report as text for a terminal of 80 columns."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence

import numpy as np

from lossbook.diagnosis.finding import Finding
from lossbook.diagnosis.report import Report
from lossbook.diagnosis.svg import Height, bounded
from lossbook.probes import Trial

WIDTH, LABEL = 80, 11
BARS, ASCII = "▁▂▃▄▅▆▇█", "_.-=+*#@"
NOT_FINITE = "x"
POINTS = 32  # characters of a small curve


def text(report: Report) -> str:
    """The report, in lines of at most 80 columns."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield from _wrapped("lossbook", report.headline)
    if report.symptom is not None:
        yield from _wrapped("symptom", f"{report.symptom.code}: {report.symptom.sentence}")
    if report.curve.values:
        steps = f"  ({len(report.curve.values)} losses)"
        yield _labelled("", f"{small_curve(report.curve.values)}{steps}")
    if report.loop is not None:
        yield ""
        yield from _wrapped("the loop", f"{report.loop.change.capitalize()}, on copies, batch by batch:")
        yield from _trial(report.loop)
    place = 0
    for finding in report.findings:
        if finding.follows is None:
            place += 1
            yield ""
            yield from _finding(place, finding, report)
    yield from _checks(report)
    for name, lines in (("ask", report.ask), ("note", report.notes)):
        for number, line in enumerate(lines):
            if not number:
                yield ""
            yield from _wrapped(name if not number else "", line)
    yield from _not_tested(report)
    if report.readings:
        yield ""
        yield from _wrapped("tested", tested(report))


def _finding(place: int, finding: Finding, report: Report) -> Iterator[str]:
    yield from _wrapped(f"{place}", f"{finding.title}  [{finding.cause}, {finding.confidence:.0%} sure]")
    yield from _wrapped("seen", finding.evidence)
    if finding.trial is not None and finding.trial is not report.loop:
        yield from _wrapped("tried", f"{finding.tried}:")
        yield from _trial(finding.trial)
    yield from _wrapped("fix", finding.fix)
    yield from _wrapped("yourself", finding.test)
    yield from _wrapped("read", f"section {finding.chapter} of the book")
    for other in report.findings:
        if other.follows == finding.cause:
            yield from _wrapped("follows", f"{other.title} [{other.cause}]: {other.evidence}")


def _trial(trial: Trial) -> Iterator[str]:
    for name, values in (("as it is", trial.as_is), ("mended", trial.mended)):
        yield _labelled("", f"{name:9}{small_curve(values, like=(*trial.as_is, *trial.mended))}")


def _checks(report: Report) -> Iterator[str]:
    marks = {True: "ok", False: "FAILED", None: "?"}
    if report.checks:
        yield ""
    for check in report.checks:
        yield from _wrapped(marks[check.passed], f"{check.name}: {check.sentence}")


def _not_tested(report: Report) -> Iterator[str]:
    for number, (why, what) in enumerate(not_tested_by_reason(report).items()):
        if not number:
            yield ""
        yield from _wrapped("not tested" if not number else "", f"{', '.join(what)}: {why}.")


def tested(report: Report) -> str:
    """How many causes were looked for, and in what time."""
    none = sum(reading.outcome == "does not apply" for _, reading in report.readings)
    cannot = sum(reading.outcome == "cannot tell" for _, reading in report.readings)
    others = f"; {none} others have no place in such a training" if none else ""
    return f"{len(report.readings) - none - cannot} causes in {report.seconds:.1f} s{others}."


def not_tested_by_reason(report: Report) -> dict[str, list[str]]:
    """The reason -> what was left out for it."""
    reasons: dict[str, list[str]] = {}
    for what, why in report.not_tested:
        reasons.setdefault(why, []).append(what)
    return reasons


def small_curve(values: Sequence[float], like: Sequence[float] = ()) -> str:
    """First value, a curve of a line's height, and last value.

    Args:
        values: any numbers.
        like: those that the height of the line shall show; by default ``values``.
    """
    numbers, bars = bounded(values), BARS if _shows(BARS) else ASCII
    if not len(numbers):
        return "nothing"
    parts = np.array_split(numbers, min(POINTS, len(numbers)))
    share = Height.of(like if len(like) else values).share([part.mean() for part in parts])
    line = "".join(NOT_FINITE if np.isnan(each) else bars[int(each * (len(bars) - 1) + 0.5)] for each in share)
    first, last = (f"{value:.3g}" for value in (numbers[0], numbers[-len(parts[-1]) :].mean()))
    return f"{first:>8} {line:{min(POINTS, len(line))}} {last}"


def _shows(characters: str) -> bool:
    try:
        characters.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _labelled(label: str, line: str) -> str:
    return f"{label:{LABEL}}{line}".rstrip()


def _wrapped(label: str, words: str) -> Iterator[str]:
    lines = textwrap.wrap(words, WIDTH - LABEL, break_on_hyphens=False) or [""]
    yield _labelled(label, lines[0])
    yield from (_labelled("", line) for line in lines[1:])
