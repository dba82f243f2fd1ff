"""What the outcomes of the programs come to: rates by program, with Wilson intervals, and what each test finds."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence

from outcomes import RATES, Outcome, graded, mean_share


def confidence(outcomes: Sequence[Outcome]) -> str:
    """The text of ``confidence.json``: from the tuning half, by Laplace's rule, (right + 1) / (findings + 2)."""
    from lossbook.diagnosis.suspicion import GRADES

    mine = [one for one in outcomes if one.half == "tuning"]
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
    for side in ("tuning", "reporting"):
        mine = [one for one in outcomes if one.half == side]
        if not mine:
            continue
        yield ""
        yield f"{side} half"
        for of_broken, words, is_so in RATES:
            runs = [one for one in mine if one.broken is of_broken]
            if runs:
                mean, low, high = mean_share(runs, is_so)
                count = len({one.name for one in runs})
                yield f"  {words:40} {mean:4.0%} [{low:.0%}, {high:.0%}] of {count} programs, {len(runs)} runs"
        yield "  test: found where it is the cause; programs without a fault where it is positive"
        for line in _tests(mine):
            yield f"    {line}"


def _tests(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """One line for each test that a program is about, or that is positive on a program without a fault."""
    there: defaultdict[str, int] = defaultdict(int)
    found: defaultdict[str, int] = defaultdict(int)
    alarms: defaultdict[str, set[str]] = defaultdict(set)
    for one in outcomes:
        if one.broken:
            cause = one.accepted[0]
            there[cause] += 1
            found[cause] += cause in one.found
        else:
            for cause in one.found:
                alarms[cause].add(one.name)
    for cause in sorted({*there, *alarms}):
        yield f"{cause:30} {found[cause]:3} of {there[cause]:3} runs; {', '.join(sorted(alarms[cause])) or '-'}"
