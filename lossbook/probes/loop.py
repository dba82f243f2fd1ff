"""Decisive tests for causes in the training loop."""

from __future__ import annotations

from lossbook.probes.base import Probe

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {}
