"""Measure the limits of the readings, and their error rates: writes ``lossbook/causes/readings.json``.

    python tools/measure_readings.py

The limits are set on ``TUNED`` seeds: the tightest powers of ten beyond which few healthy runs lie. Healthy are the
mended runs and the look-alikes. The counts are of ``REPORTED`` seeds. Each run takes a few steps.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lossbook import run
from lossbook.causes.readings import FIRST, values_of
from lossbook.scenarios import SCENARIOS

TUNED, REPORTED = range(4), range(10, 14)
MOST = 0.025  # of the healthy runs, beyond one limit
FILE = Path(__file__).resolve().parent.parent / "lossbook" / "causes" / "readings.json"


class Measured(NamedTuple):
    """The readings of one run."""

    cause: str | None  #: None: it is healthy
    values: dict[str, float]


def measured(seeds: Iterable[int]) -> Iterator[Measured]:
    """Of every run of every scenario."""
    for seed in seeds:
        for row in SCENARIOS.values():
            for variant in ("broken", "fixed") if row.cause else ("broken",):
                history = run(row.experiment(variant, seed, "cpu"), on_step=lambda step: step.number >= FIRST)
                yield Measured(row.cause if variant == "broken" else None, values_of(history))


def limits(values: list[float]) -> tuple[float, float]:
    """The tightest powers of ten beyond which at most ``MOST`` of the values lie, on each side."""
    powers = [float(f"1e{exponent}") for exponent in range(-12, 13)]
    low = max(power for power in powers if sum(value < power for value in values) <= MOST * len(values))
    high = min(power for power in powers if sum(not value <= power for value in values) <= MOST * len(values))
    return low, high


def counted(values: list[float], low: float, high: float) -> tuple[int, int, int]:
    """Below, above, all."""
    return sum(value < low for value in values), sum(not value <= high for value in values), len(values)


def written(table: dict[str, dict[str, object]]) -> str:
    """JSON with a line for each number or list."""
    rows = (
        f"  {json.dumps(key)}: {{\n"
        + ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in row.items())
        + "\n  }"
        for key, row in table.items()
    )
    return "{\n" + ",\n".join(rows) + "\n}\n"


def main() -> None:
    """Write the file."""
    tuned, reported = list(measured(TUNED)), list(measured(REPORTED))
    table: dict[str, dict[str, object]] = {}
    for key in tuned[0].values:
        low, high = limits([run.values[key] for run in tuned if run.cause is None and key in run.values])
        by_cause = defaultdict(list)
        for one in reported:
            if one.cause and key in one.values:
                by_cause[one.cause].append(one.values[key])
        healthy = [one.values[key] for one in reported if one.cause is None and key in one.values]
        table[key] = {
            "low": low,
            "high": high,
            "healthy": counted(healthy, low, high),
            "broken": counted([value for values in by_cause.values() for value in values], low, high),
            "causes_below": sorted(cause for cause, values in by_cause.items() if max(values) < low),
            "causes_above": sorted(cause for cause, values in by_cause.items() if not any(v <= high for v in values)),
        }
    FILE.write_text(written(table), encoding="utf-8")
    print(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
