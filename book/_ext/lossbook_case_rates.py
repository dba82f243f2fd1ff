"""How far the test of a cause can be trusted: what was measured on programs by others, in sentences."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import lossbook

TOOLS = Path(lossbook.__file__).parent.parent / "tools"


@cache
def outcomes() -> ModuleType:
    """``tools/outcomes.py``, which reads what the diagnosis said of programs by others."""
    spec = importlib.util.spec_from_file_location("outcomes", TOOLS / "outcomes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("outcomes", module)  # a dataclass looks for its module there
    spec.loader.exec_module(module)
    return module


@cache
def measured() -> list[Any]:
    """What it said of each run."""
    return outcomes().read()[1]


def said_instead(key: str) -> list[tuple[str, int]]:
    """Causes that the report put first in broken runs of programs with this cause, and how often."""
    runs = [one for one in measured() if one.broken and one.accepted[:1] == (key,) and not one.right()]
    return Counter(one.first[0] for one in runs if one.first).most_common()


def error_rates(key: str) -> str:
    """How often the test of this cause was positive where it is the cause, and where nothing is wrong."""
    having = [one for one in measured() if one.broken and key in one.accepted]
    sound = [one for one in measured() if not one.broken]
    by_program = outcomes().by_program
    found = by_program(having, lambda one: key in one.found)
    accused = by_program(sound, lambda one: key in one.found)
    named = by_program(sound, lambda one: key in one.first)
    said = "No program by others has this cause, so that how often it is missed there is not known."
    if found:
        most = sum(share > 0.5 for share in found.values())
        said = (
            f"In programs by others, `lossbook`'s own test was positive in {most} of {len(found)} that have this cause."
        )
    return (
        f"{said} Of {len(accused)} sound ones it was positive in {_count(accused)}, and the report named this "
        f"cause in {_count(named)}. Half of these programs could be looked at while the tests were made: see "
        "[How good is it?](../how_good.md)."
    )


def _count(shares: dict[str, float]) -> str:
    """How many programs, in some of their runs."""
    return str(sum(map(bool, shares.values())) or "none")
