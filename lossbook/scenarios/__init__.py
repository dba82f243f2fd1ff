"""SCENARIOS: runs that are broken on purpose, each repaired by one change; and healthy runs that look sick."""

from __future__ import annotations

from importlib import import_module

from lossbook import checks
from lossbook.causes import FAMILIES
from lossbook.scenarios.base import VARIANTS, WRONG_FIXES, Scenario

__all__ = ["SCENARIOS", "VARIANTS", "WRONG_FIXES", "Scenario", "scenario"]

#: files of healthy runs that look sick
HEALTHY = (
    "healthy",
    "healthy_targets",
    "healthy_sequences",
    "healthy_generative",
    "healthy_adversaries",
    "healthy_adapted",
    "healthy_outputs",
    "healthy_loop",
)

SCENARIOS: dict[str, Scenario] = {
    row.key: row for name in (*FAMILIES, *HEALTHY) for row in import_module(f"lossbook.scenarios.{name}").ROWS
}  #: key -> scenario


def scenario(key: str) -> Scenario:
    """The row of ``SCENARIOS`` with this key.

    Raises:
        ValueError: there is no such scenario; the message names the nearest one.
    """
    checks.one_of("key", key, SCENARIOS)
    return SCENARIOS[key]
