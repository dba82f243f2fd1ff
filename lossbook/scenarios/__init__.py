"""SCENARIOS: runs that are broken on purpose, each repaired by one change; and healthy runs that look sick."""

from __future__ import annotations

from lossbook import checks
from lossbook.scenarios import (
    batches,
    data,
    healthy,
    healthy_adapted,
    healthy_adversaries,
    healthy_generative,
    healthy_loop,
    healthy_outputs,
    healthy_sequences,
    healthy_targets,
    labels,
    loop,
    model,
    objective,
    optimizer,
    regularization,
    representation,
    signals,
    step_size,
    targets,
    terms,
)
from lossbook.scenarios.base import VARIANTS, WRONG_FIXES, Scenario

__all__ = ["SCENARIOS", "VARIANTS", "WRONG_FIXES", "Scenario", "scenario"]

SCENARIOS: dict[str, Scenario] = {
    row.key: row
    for family in (
        data,
        batches,
        targets,
        labels,
        model,
        representation,
        signals,
        objective,
        terms,
        step_size,
        optimizer,
        regularization,
        loop,
        healthy,
        healthy_targets,
        healthy_sequences,
        healthy_generative,
        healthy_adversaries,
        healthy_adapted,
        healthy_outputs,
        healthy_loop,
    )
    for row in family.ROWS
}  #: key -> scenario


def scenario(key: str) -> Scenario:
    """The row of ``SCENARIOS`` with this key.

    Raises:
        ValueError: there is no such scenario; the message names the nearest one.
    """
    checks.one_of("key", key, SCENARIOS)
    return SCENARIOS[key]
