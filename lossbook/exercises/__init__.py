"""EXERCISES: what the exercises of the book ask, and ``check``, which says what of an answer is right.

One file for each section; a row's key is the label of its exercise. The right answer is computed when it is needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lossbook import checks
from lossbook.exercises.base import Exercise, Result

__all__ = ["EXERCISES", "SECTIONS", "Exercise", "Result", "check"]

#: sections whose exercises can be checked
SECTIONS = (
    *("1.1", "1.2", "1.3"),
    *("2.1", "2.1.1", "2.1.2", "2.2", "2.3", "2.4"),
    *("3.1.1", "3.1.2", "3.2.1", "3.2.1.1", "3.2.1.2", "3.2.2", "3.3.1", "3.3.2", "3.4.1", "3.4.2"),
    *("4.1", "4.2", "4.3"),
    *("5.1", "5.2", "5.3", "5.4", "5.5"),
    *("6.1", "6.2", "6.3"),
)

EXERCISES: dict[str, Exercise] = {
    label: row
    for section in SECTIONS
    for label, row in import_module(f"lossbook.exercises.section_{section.replace('.', '_')}").ROWS.items()
}  #: label of the exercise -> what it asks, in the order of the book


def check(label: str, answer: Any) -> Result:
    """What is right in this answer and what is not yet, in words, without giving the right one away.

    Args:
        label: of the exercise, a key of ``EXERCISES``.
        answer: your answer; ``...`` if you have none yet: then the result says what is asked for.

    Raises:
        TypeError: the answer is of another kind than the exercise asks for.
        ValueError: there is no such exercise, or the answer is no possible one; the message says what is.

    >>> check("ex-04-1-slope", ...)
    Not answered yet: how many times as long is each step in the end? Give a
    number.
    >>> check("ex-04-1-slope", 1.9)
    Not yet. The velocity goes on adding: sum more than two terms.
    """
    checks.one_of("label", label, EXERCISES)
    return EXERCISES[label].judge(answer)
