"""A report as data."""

from __future__ import annotations

import json
import math
from typing import Any

from lossbook.diagnosis.finding import Finding
from lossbook.diagnosis.privacy import cleaned
from lossbook.diagnosis.report import Report
from lossbook.probes import Reading, Trial

SCHEMA = 1  #: it rises by one when a field changes its name or its meaning


def data_of(report: Report) -> dict[str, Any]:
    """The report as dicts, lists, strings and numbers; None in the place of what is not finite."""
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "headline": report.headline,
        "symptom": None if report.symptom is None else report.symptom.code,
        "reading": None if report.symptom is None else report.symptom.reading,
        "healthy": report.healthy,
        "in_the_loop": report.in_the_loop,
        "loop": _trial(report.loop),
        "findings": [_finding(each) for each in report.findings],
        "checks": [each._asdict() for each in report.checks],
        "not_tested": [each._asdict() for each in report.not_tested],
        "ask": list(report.ask),
        "notes": list(report.notes),
        "readings": {cause: _reading(each) for cause, each in report.readings},
        "curve": {"steps": list(report.curve.steps), "values": list(report.curve.values)},
        "seconds": round(report.seconds, 3),
        "steps": report.steps,
        "timeline": [{"seconds": round(seconds, 3), "what": what} for seconds, what in report.timeline],
    }
    plain: dict[str, Any] = _plain(told)
    return plain


def as_json(report: Report) -> str:
    """The same as text."""
    return json.dumps(data_of(report), indent=2, ensure_ascii=False, allow_nan=False)


def _finding(finding: Finding) -> dict[str, Any]:
    names = ("cause", "title", "confidence", "kind", "evidence", "test", "fix", "chapter", "follows")
    return {name: getattr(finding, name) for name in names} | {"trial": _trial(finding.trial)}


def _reading(reading: Reading) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in ("outcome", "sentence", "measured", "limit")}


def _trial(trial: Trial | None) -> dict[str, Any] | None:
    return None if trial is None else trial._asdict()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return cleaned(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    number = float(value)
    return number if math.isfinite(number) else None
