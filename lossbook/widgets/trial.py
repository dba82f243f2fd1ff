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
from torch import Tensor, nn

from lossbook.evidence import Batch
from lossbook.experiment import Experiment, History
from lossbook.probes import PROBES, Reading
from lossbook.scenarios import scenario
from lossbook.scenarios.case import case_of, run_watched
from lossbook.train import Step, run
from lossbook.widgets.kept_runs import kept
from lossbook.widgets.offered import suspects_of

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

    def show(step: Step) -> bool:
        nonlocal last
        progress.step, now = step.number, time.perf_counter() - start
        if now - last >= REFRESH or progress.step == experiment.steps:
            last = now
            progress.losses.append(float(step.loss))  # the one place that waits for the device
            progress.steps.append(step.number - 1)
            progress.rate = progress.step / now
            report(progress)
        return stop.is_set()

    return run(experiment, progress=False, on_step=show)


class Stopped(BaseException):
    """The reader asked for an end. A probe, which answers whatever an Exception is, lets it pass."""


def tested(experiment: Experiment, keys: Iterable[str], stop: threading.Event) -> dict[str, Reading]:
    """key of a cause -> what its decisive test sees in this run; all trainings end once ``stop`` is set.

    Raises:
        Stopped: ``stop`` was set before the last test had ended.
    """

    def look() -> None:
        if stop.is_set():
            raise Stopped

    case = case_of(experiment, on_step=look)
    loss_of_batch: Any = case.loss_of

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        look()
        return loss_of_batch(model, batch)

    stoppable = replace(case, loss_of=loss_of)
    return {key: PROBES[key](stoppable) for key in keys}


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
def suspected(key: str) -> tuple[History, dict[str, Reading]]:
    """A scenario's broken run, trained once, and what the decisive test of each cause sees that the quiz offers."""
    return kept(f"{key}-broken", lambda: _suspected(key))


def broken(key: str) -> tuple[History, Reading | None]:
    """The same run, and what the decisive test of its own cause sees; None without a cause."""
    history, readings = suspected(key)
    return history, readings.get(scenario(key).cause or "")


@cache
def mended(key: str) -> History:
    """A scenario's mended run, trained once."""
    return kept(f"{key}-mended", lambda: trained(scenario(key).experiment("fixed", 0, "cpu")))


def _suspected(key: str) -> tuple[History, dict[str, Reading]]:
    row = scenario(key)
    history, case = run_watched(row.experiment("broken", 0, "cpu"))
    causes = dict.fromkeys((*suspects_of(row), row.cause))
    return history, {cause: PROBES[cause](case) for cause in causes if cause is not None}
