"""Judging a million recorded losses, against sorting them once, which every robust statistic needs."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from lossbook import symptom


def quickest(work: Callable[[], object], rounds: int = 9) -> float:
    """The shortest of some rounds, in seconds: what else the machine does only adds to it."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def test_judging_a_million_losses_takes_at_most_twenty_sorts(within: Callable[[str, float, float, str], None]) -> None:
    rng = np.random.default_rng(0)
    curves = {
        "flat": rng.normal(2.3, 0.3, 1_000_000),
        "falling": 2.3 * np.exp(-np.linspace(0, 5, 1_000_000)) * rng.lognormal(0, 0.3, 1_000_000),
    }
    for name, loss in curves.items():
        ratio = quickest(lambda loss=loss: symptom(loss)) / quickest(lambda loss=loss: np.sort(loss))  # type: ignore[misc]
        within(f"the symptom of 1,000,000 {name} losses, to numpy.sort of them", ratio, 20.0, "×")
