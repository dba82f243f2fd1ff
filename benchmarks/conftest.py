"""Ratios of medians measured side by side in one run, written to RESULTS.md with the machine they were measured on."""

from __future__ import annotations

import os
import platform
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch


def cpu() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        if info.exists()
        else []
    )
    return names[0] if names else platform.processor() or platform.machine()


LIMITS = pytest.StashKey[list[str]]()


@pytest.fixture
def within(request: pytest.FixtureRequest) -> Callable[[str, float, float, str], None]:
    """Note what was measured, the most that it may be, and the unit; fail if it is more."""

    def note(what: str, measured: float, most: float, unit: str) -> None:
        rows = request.config.stash.setdefault(LIMITS, [])
        rows.append(f"| {what} | {measured:.3g} {unit} | {most:g} {unit} |")
        assert measured <= most, f"{what}: {measured:.3g} {unit}, and at most {most:g} {unit} are allowed."

    return note


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Group the measurements; in each group the one called "theirs" is what a user would pick instead."""
    groups: dict[str, dict[str, float]] = defaultdict(dict)
    notes: list[str] = []
    benchmarks: list[Any] = getattr(getattr(session.config, "_benchmarksession", None), "benchmarks", [])
    for bench in benchmarks:
        groups[bench.group][bench.params["side"]] = bench.stats.median
        notes += [f"{bench.group}: {bench.extra_info['note']}", ""] if "note" in bench.extra_info else []
    limits = session.config.stash.get(LIMITS, [])
    if not groups and not limits:
        return
    lines = [
        "# Measured speeds",
        "",
        "Written by `make bench`. A ratio is the median time of ours over the median time of theirs, in one run.",
        "",
        f"{cpu()}, {os.cpu_count()} cores, {torch.get_num_threads()} torch threads, "
        f"Python {platform.python_version()}, torch {torch.__version__}.",
        "",
        "| what | ours, ms | theirs, ms | ratio |",
        "|---|---|---|---|",
    ]
    for group, sides in groups.items():
        ours, theirs = sides["ours"] * 1e3, sides["theirs"] * 1e3
        lines.append(f"| {group} | {ours:.3g} | {theirs:.3g} | {ours / theirs:.2f} |")
    if limits:
        lines += ["", "| what must stay within a limit | measured | at most |", "|---|---|---|", *limits]
    (Path(__file__).parent / "RESULTS.md").write_text("\n".join([*lines, "", *notes]).rstrip() + "\n")
