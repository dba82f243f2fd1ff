"""A scenario tried: trained on any device while somebody watches, stopped when asked, and said in words."""

from __future__ import annotations

import re
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbook.causes import CAUSES
from lossbook.experiment import Experiment, History
from lossbook.paths import diff
from lossbook.plotting import PALETTE
from lossbook.probes import PROBES, Reading, setup_of
from lossbook.scenarios import SCENARIOS, Scenario, scenario
from lossbook.symptoms import SYMPTOMS, Verdict, symptom_of
from lossbook.train import Step, run
from lossbook.widgets.words import course, number

REFRESH = 0.2  # seconds between two reports
MISTAKEN_FOR = ("slow", "plateau", "oscillating")  # what people say of a healthy run that does not please them


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


class Stopped(Exception):
    """The reader asked for an end."""


def tested(experiment: Experiment, keys: Iterable[str], stop: threading.Event) -> dict[str, Reading]:
    """key of a cause -> what its decisive test sees of the run; all trainings end once ``stop`` is set.

    Raises:
        Stopped: ``stop`` was set before the last test had ended.
    """

    def look() -> None:
        if stop.is_set():
            raise Stopped

    setup, found = setup_of(experiment, on_step=look), {}
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
    """The history of a run, trained once for all pictures of a page."""
    return run(experiment, progress=False)


@cache
def broken(key: str) -> tuple[History, Reading | None]:
    """A scenario's broken run, trained once, and what the decisive test of its cause sees; None without a cause."""
    row = scenario(key)
    experiment = row.experiment("broken", 0, "cpu")
    if row.cause is None:
        return trained(experiment), None
    setup = setup_of(experiment)
    return setup.history, PROBES[row.cause](setup)


def verdict(row: Scenario, history: History) -> Verdict:
    """The symptom of a run of this scenario."""
    return symptom_of(history, chance=row.chance, floor=row.floor)


def the_change(row: Scenario) -> str:
    """The one line that mends it: "optimizer.lr: 5.0 -> 0.1", long values cut short."""
    return "; ".join(f"{one.path}: {_short(one.old)} → {_short(one.new)}" for one in diff(row.broken, row.fixed))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def curves(row: Scenario, histories: dict[str, History]) -> Figure:
    """Batch loss, thin, and reference loss of one or two runs, on one scale."""
    figure = Figure(figsize=(4.6, 3.0))
    ax = figure.subplots()
    for color, (name, history) in zip((PALETTE[1], PALETTE[0]), histories.items(), strict=False):
        every = max(len(history.loss) // 100, 1)
        steps, losses = np.arange(len(history.loss))[::every], np.array(history.loss)[::every]
        ax.plot(steps, losses, color=color, linewidth=0.7, alpha=0.45)
        finite = np.isfinite(history.reference_loss).all()
        label, marker = f"{name}: reference loss", "" if finite else "."  # a single finite point makes no line
        ax.plot(history.eval_step, history.reference_loss, marker=marker, color=color, label=label)
        if row.symptom == "overfitting":
            ax.plot(history.eval_step, history.val_loss, "--", color=color, label=f"{name}: held-out loss")
    ax.set(xlabel="step", ylabel="loss (nats)" if row.chance < 3 else "loss (squared units)")
    _axis(ax, row, list(histories.values()))
    ax.legend(fontsize=9)
    return figure


def _axis(ax: Axes, row: Scenario, histories: list[History]) -> None:
    """From the floor to twice chance; logarithmic where a reference loss leaves that, with a word on NaN."""
    top, looks = 2.2 * row.chance, np.concatenate([history.reference_loss for history in histories])
    lost = [step for history in histories for step in np.flatnonzero(~np.isfinite(history.loss))[:1]]
    if (looks[np.isfinite(looks)] > top).any() or lost:
        ax.set(yscale="log", ylim=(looks[np.isfinite(looks)].min() / 2, None))
    else:
        ax.set_ylim(row.floor, top)
    for step in lost:
        ax.axvline(step, color="0.4", linestyle=":", linewidth=1, label=f"not finite from step {step} on")


def seen(row: Scenario, history: History) -> str:
    """What the curves do, without a verdict, for readers who do not see them."""
    spikes = ", with sudden spikes of the batch loss" if verdict(row, history).code == "spiking" else ""
    held_out = f"; the held-out loss {course(history.val_loss)}" if row.symptom == "overfitting" else ""
    return f"In {len(history.loss)} steps the reference loss {course(history.reference_loss)}{spikes}{held_out}."


def told(row: Scenario, history: History) -> str:
    """What the curves do, and which symptom that is."""
    code = verdict(row, history).code
    chance = f", for a model that knows nothing stands at {number(row.chance)}" if code == "high-flat" else ""
    return f"{seen(row, history)} Verdict: {code}{chance}."


def named(row: Scenario) -> str:
    """What is wrong, in two sentences; what the reader must not see before the guess."""
    return f"{'Nothing is wrong' if row.cause is None else CAUSES[row.cause].title}. {row.title}"


def names(keys: list[str]) -> dict[str, str]:
    """name -> key, by symptom: a name says what is seen, "oscillating 3", and nothing of the cause.

    >>> names(["lr-too-low-creeps", "lr-too-high-oscillates"])
    {'oscillating 1': 'lr-too-high-oscillates', 'slow 1': 'lr-too-low-creeps'}
    """
    place, count, found = list(SYMPTOMS).index, Counter[str](), {}
    for key in sorted(keys, key=lambda key: (place(SCENARIOS[key].symptom), zlib.crc32(key.encode()))):
        symptom = SCENARIOS[key].symptom
        count[symptom] += 1
        found[f"{symptom} {count[symptom]}"] = key
    return found


def suspects(row: Scenario, rng: np.random.Generator, count: int = 4) -> list[str | None]:
    """The scenario's cause among others with the same symptom, shuffled: keys of ``CAUSES``, or None for no cause.

    "No cause" stands among the suspects of every run that looks healthy, and of one in four of the others.
    """
    looks = MISTAKEN_FOR if row.cause is None else (row.symptom,)
    others = [key for key, one in CAUSES.items() if set(looks) & set(one.symptoms) and key != row.cause]
    rest = [key for key in CAUSES if key != row.cause and key not in others]
    picked = [*rng.permutation(others), *rng.permutation(rest)][: count - 1]
    offered: list[str | None] = [row.cause, *map(str, picked)]
    if row.cause is not None and (row.symptom == "healthy" or rng.random() < 0.25):
        offered[-1] = None
    return [offered[place] for place in rng.permutation(count)]
