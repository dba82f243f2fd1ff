"""CAUSES: the causes of a loss that does not go down, each with its symptoms, its decisive test and its fix."""

from __future__ import annotations

from importlib import import_module

from lossbook import checks
from lossbook.causes.base import COSTS, FAMILIES, GROUPS, Cause
from lossbook.causes.readings import READINGS
from lossbook.causes.sections import WRITTEN
from lossbook.causes.sources import SOURCES
from lossbook.causes.words import causes_with, symptoms_meant
from lossbook.symptoms import SYMPTOMS

__all__ = [
    "CAUSES",
    "COSTS",
    "FAMILIES",
    "GROUPS",
    "READINGS",
    "SOURCES",
    "WRITTEN",
    "Cause",
    "cause",
    "find",
    "suspects",
    "symptoms_meant",
]

CAUSES: dict[str, Cause] = {
    row.key: row for name in FAMILIES for row in import_module(f"lossbook.causes.{name}").ROWS
}  #: key -> cause, ordered by family


def cause(key: str) -> Cause:
    """The row of ``CAUSES`` with this key.

    Raises:
        ValueError: there is no such cause; the message names the nearest one.

    >>> cause("lr-too-high").fix
    'Divide it by 10, warm it up, or clip the gradient.'
    """
    checks.one_of("key", key, CAUSES)
    return CAUSES[key]


def suspects(symptom: str) -> list[Cause]:
    """The causes that show this symptom: the cheapest test first, then those that show it more often.

    A healthy run can still have a cause that the loss does not show.

    Raises:
        ValueError: there is no such symptom; the message names the nearest one.

    >>> [row.key for row in suspects("spiking")]
    ['lr-too-high']
    """
    checks.one_of("symptom", symptom, SYMPTOMS)
    shown = [(row.symptoms or ("healthy",), row) for row in CAUSES.values()]
    ranked = [(list(COSTS).index(row.cost), codes.index(symptom), row) for codes, row in shown if symptom in codes]
    return [row for *_, row in sorted(ranked, key=lambda rank: rank[:2])]


def find(text: str) -> list[Cause]:
    """The causes that contain all these words: first those with all of them in key and title, then the others.

    >>> [row.key for row in find("adam")]
    ['adam-eps', 'adam-betas', 'weight-decay-too-strong']
    """
    return causes_with(text, CAUSES.values())
