"""Trainings and decisive tests for the widgets: with a report on the way, stopped when asked, or done once."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from lossbook.experiment import Experiment, History
from lossbook.loop import Training, Watched
from lossbook.probes import PROBES, Reading, setup_of
from lossbook.scenarios import scenario
from lossbook.train import run

REFRESH = 0.2  # seconds between two reports


@dataclass
class Progress:
    """How far a training has come."""

    step: int = 0  #: steps done
    losses: list[float] = field(default_factory=list)  #: some of the batch losses, at ``steps``
    steps: list[int] = field(default_factory=list)  #: steps of ``losses``
    rate: float = 0.0  #: steps per second


def train(experiment: Experiment, report: Callable[[Progress], None], stop: threading.Event) -> History:
    """``run``, with a report every fifth of a second; ends early, with what was recorded, once ``stop`` is set.

    Raises:
        ValueError, TypeError: as :func:`lossbook.run`.
    """
    progress, start, last = Progress(), time.perf_counter(), -REFRESH

    def show(training: Training, loss: Tensor) -> None:
        nonlocal last
        if stop.is_set():
            raise KeyboardInterrupt  # what run ends early at, keeping what it has
        progress.step, now = training.step + 1, time.perf_counter() - start
        if now - last >= REFRESH or progress.step == experiment.steps:
            last = now
            progress.losses.append(float(loss.detach()))  # the one place that waits for the device
            progress.steps.append(training.step)
            progress.rate = progress.step / now
            report(progress)

    return run(replace(experiment, loop=Watched(experiment.loop, show)), progress=False)


class Stopped(Exception):
    """The reader asked for an end."""


def tested(experiment: Experiment, keys: Iterable[str], stop: threading.Event) -> dict[str, Reading]:
    """key of a cause -> what its decisive test sees in this run; all trainings end once ``stop`` is set.

    Raises:
        Stopped: ``stop`` was set before the last test had ended.
    """

    def look(*_: Any) -> None:
        if stop.is_set():
            raise Stopped

    setup, found = setup_of(replace(experiment, loop=Watched(experiment.loop, look))), {}
    for key in keys:
        look()
        found[key] = PROBES[key](setup)
    return found


def in_words(error: BaseException, device: str) -> str:
    """An error as a sentence for the reader of a widget."""
    words = str(error)
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)) or re.search("out of memory|can't allocate", words):
        return f'The device {device!r} ran out of memory. Close what else uses it, or choose the device "cpu".'
    if isinstance(error, (ValueError, TypeError)):  # ours: they say what is wrong and what to do
        return words
    return f"{type(error).__name__}: {error}"


@cache
def trained(experiment: Experiment) -> History:
    """The history of a run that is trained once, however many pictures of a page show it."""
    return run(experiment, progress=False)


@cache
def decisive_reading(key: str, variant: str, seed: int = 0) -> Reading:
    """What the decisive test of the scenario's cause sees in one of its two runs."""
    row = scenario(key)
    assert row.cause is not None
    return PROBES[row.cause](setup_of(row.experiment(variant, seed, "cpu")))
