"""Scenarios of the training loop."""

from __future__ import annotations

from lossbook.scenarios.base import Scenario

ROWS: tuple[Scenario, ...] = ()
