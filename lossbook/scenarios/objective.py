"""Scenarios of the loss and the metric."""

from __future__ import annotations

from lossbook.scenarios.base import Scenario

ROWS: tuple[Scenario, ...] = ()
