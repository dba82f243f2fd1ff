"""Losses that a loop computes of the model's outputs, and on which no backward pass runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lossbook.evidence.keeper import Record
from lossbook.evidence.tape import Called, Ref, made_by

LOSSES = re.compile("mean$|sum$|.*loss|.*cross_entropy|kl_div")
#: what makes a score of an output, which has no slope, or takes it out of the graph on purpose
SCORES = re.compile("arg|_*(eq|ne|lt|le|gt|ge)_*$|round|sign|detach|topk|isclose|bool$")
LOOKS = 2  # steps


def passed_over(records: Sequence[Record]) -> tuple[int, ...] | None:
    """The leaves of the last output of which each step makes a loss that is not in the one that is trained on.

    None: it was not seen. A number that a step makes of an output and of what is not the model's, by a loss of torch,
    a mean or a sum, is such a loss, if it has a slope.
    """
    seen = [record for record in records[:LOOKS] if record.tape is not None and record.end.kind == "result"]
    if not seen:
        return None
    found = [_of_one(record) for record in seen]
    return tuple(sorted(set.intersection(*found)))


def _of_one(record: Record) -> set[int]:
    assert record.tape is not None
    calls, last = dict(enumerate(record.tape.calls)), len(record.earlier)
    trained = made_by(calls, [record.end.place])
    looked_at = {ref for place in trained for ref in calls[place].needs}
    leaves = set[int]()
    for place, call in calls.items():
        if place in trained or not LOSSES.match(_name(call)):
            continue
        made = made_by(calls, [place])
        needs = {ref for each in made for ref in calls[each].needs}
        if not {"foreign", "input"} & {ref.kind for ref in needs} or any(_is_score(calls, each) for each in made):
            continue
        leaves |= {ref.place for ref in needs - looked_at if _is_output(ref, last)}
    return leaves


def _is_score(calls: dict[int, Called], place: int) -> bool:
    """Whether it takes an output out of the graph; of a target it may."""
    if not SCORES.match(_name(calls[place])):
        return False
    return any(ref.kind == "output" for each in made_by(calls, [place]) for ref in calls[each].needs)


def _is_output(ref: Ref, call: int) -> bool:
    return ref.kind == "output" and ref.call == call


def _name(call: Called) -> str:
    return getattr(call.function, "__name__", "")
