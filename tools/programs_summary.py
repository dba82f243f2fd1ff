"""What the outcomes of the programs come to: rates by program, with Wilson intervals, and what each test finds."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from measure_programs import Outcome

Z = 1.96  # two-sided 95 %


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of ``n``: E. B. Wilson, JASA 22 (1927).

    >>> [round(end, 3) for end in wilson(0.5, 10)]
    [0.237, 0.763]
    """
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    width = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return middle - width, middle + width


def by_program(outcomes: Iterable[Outcome], is_so: Callable[[Outcome], bool]) -> dict[str, float]:
    """Program -> the share of its runs of which it is so; a mended twin is a program of its own."""
    runs = defaultdict(list)
    for one in outcomes:
        runs[one.program if one.variant != "mended" else f"{one.program} (mended)"].append(is_so(one))
    return {name: sum(each) / len(each) for name, each in runs.items()}


def graded(outcomes: Iterable[Outcome]) -> dict[str, list[bool]]:
    """Grade of a finding -> of each finding that has it, whether its cause is one of those that the program accepts."""
    from measure_programs import program

    right = defaultdict(list)
    for one in outcomes:
        accepted = program(one.program).ACCEPT if one.variant == "broken" else ()
        for cause, grade in zip((*one.first, *one.follow), one.grades, strict=True):
            right[grade].append(cause in accepted)
    return dict(right)


def confidence(outcomes: Sequence[Outcome]) -> str:
    """The text of ``confidence.json``: from the tuning half, by Laplace's rule, (right + 1) / (findings + 2)."""
    from measure_programs import half, program

    from lossbook.diagnosis.suspicion import GRADES

    mine = [one for one in outcomes if half(program(one.program).FAMILY) == "tuning"]
    right = graded(mine)
    counts = {grade: right.get(grade, []) for grade in GRADES}
    told = {
        "measured": f"on {len(mine)} trainings of the tuning half of tests/programs; written by `make programs`",
        "right": {grade: round((sum(each) + 1) / (len(each) + 2), 2) for grade, each in counts.items()},
        "findings": {grade: len(each) for grade, each in counts.items()},
    }
    return json.dumps(told, indent=2) + "\n"


def summary(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Lines of text."""
    from measure_programs import half, program

    modules = {one.program: program(one.program) for one in outcomes}
    for side in ("tuning", "reporting"):
        mine = [one for one in outcomes if half(modules[one.program].FAMILY) == side]
        if not mine:
            continue
        broken = [one for one in mine if one.variant == "broken"]
        others = [one for one in mine if one.variant != "broken"]

        def right(one: Outcome, most: int) -> bool:
            return any(cause in modules[one.program].ACCEPT for cause in (*one.first, *one.follow)[:most])

        yield ""
        yield f"{side} half"
        for words, runs, is_so in (
            ("broken, detected", broken, lambda one: not one.healthy),
            ("broken, cause right first", broken, lambda one: right(one, 1)),
            ("broken, cause within the first three", broken, lambda one: right(one, 3)),
            ("broken, symptom right", broken, lambda one: one.symptom in modules[one.program].SYMPTOMS),
            ("healthy and mended, false alarm", others, lambda one: not one.healthy),
            ("healthy and mended, a cause named", others, lambda one: bool(one.first)),
        ):
            shares = by_program(runs, is_so)
            if shares:
                mean = sum(shares.values()) / len(shares)
                low, high = wilson(mean, len(shares))
                yield f"  {words:40} {mean:4.0%} [{low:.0%}, {high:.0%}] of {len(shares)} programs, {len(runs)} runs"
        yield "  test: found where it is the cause; programs without a fault where it is positive"
        for line in _tests(mine, lambda name: modules[name].ACCEPT):
            yield f"    {line}"


def _tests(outcomes: Sequence[Outcome], accepted: Callable[[str], tuple[str, ...]]) -> Iterator[str]:
    """One line for each test that a program is about, or that is positive on a program without a fault."""
    there: defaultdict[str, int] = defaultdict(int)
    found: defaultdict[str, int] = defaultdict(int)
    alarms: defaultdict[str, set[str]] = defaultdict(set)
    for one in outcomes:
        if one.variant == "broken":
            cause = accepted(one.program)[0]
            there[cause] += 1
            found[cause] += cause in one.found
        else:
            for cause in one.found:
                alarms[cause].add(one.program if one.variant == "healthy" else f"{one.program} (mended)")
    for cause in sorted({*there, *alarms}):
        yield f"{cause:30} {found[cause]:3} of {there[cause]:3} runs; {', '.join(sorted(alarms[cause])) or '-'}"
