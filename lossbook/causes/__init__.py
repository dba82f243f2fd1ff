"""CAUSES: the causes of a loss that does not go down, each with its symptoms, its decisive test and its fix."""

from __future__ import annotations

from lossbook import checks
from lossbook.causes import data, loop, model, objective, optimizer, regularization
from lossbook.causes.base import GROUPS, Cause

__all__ = ["CAUSES", "GROUPS", "Cause", "cause"]

CAUSES: dict[str, Cause] = {
    row.key: row for family in (data, model, objective, optimizer, regularization, loop) for row in family.ROWS
}  #: key -> cause, by group


def cause(key: str) -> Cause:
    """The row of ``CAUSES`` with this key.

    Raises:
        ValueError: there is no such cause; the message names the nearest one.

    >>> cause("lr-too-high").fix
    'Divide it by 10, warm it up, or clip the gradient.'
    """
    checks.one_of("key", key, CAUSES)
    return CAUSES[key]
