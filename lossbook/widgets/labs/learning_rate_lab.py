"""Lab: one training with many learning rates, without momentum and with it."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from lossbook.experiment import Experiment, History
from lossbook.optim import SGD
from lossbook.plotting import PALETTE
from lossbook.sweeps import RangeTest, lr_range_test, sweep
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import FAINT, TRAINING, decades, mark, sheet
from lossbook.widgets.words import course, number

LRS = tuple(float(f"{10 ** (power / 3):.1g}") for power in range(-9, 5))  # 1, 2, 5 and so on
VIEWS = ("final losses", "range test")
CHANCE = math.log(10)


def experiment(momentum: bool) -> Experiment:
    """The training that the learning rate belongs to."""
    return replace(TRAINING, optimizer=SGD(lr=0.1, momentum=0.9 if momentum else 0.0))


@functools.cache  # one sweep for each experiment: a move of the learning rate's slider trains nothing
def histories(momentum: bool) -> dict[float, History]:
    """learning rate -> its training, all as one computation."""
    return dict(zip(LRS, sweep(experiment(momentum), "optimizer.lr", LRS, progress=False), strict=True))


@functools.cache
def range_test(momentum: bool) -> RangeTest:
    return lr_range_test(experiment(momentum), low=LRS[0], high=100.0, steps=120, progress=False)


def final(lr: float, momentum: bool) -> float:
    """Reference loss at the end, which may be infinite or NaN."""
    return histories(momentum)[lr].reference_loss[-1]


def best(momentum: bool) -> float:
    """The learning rate with the lowest end."""
    return min(LRS, key=lambda lr: final(lr, momentum) if math.isfinite(final(lr, momentum)) else math.inf)


def render(momentum: bool, lr: float, beside: str) -> tuple[Figure, str]:
    figure, (left, right) = sheet()
    runs = histories(momentum)
    for history in runs.values():
        left.plot(history.eval_step, np.minimum(history.reference_loss, 9), color=FAINT, linewidth=0.7)
    left.plot(runs[lr].eval_step, np.minimum(runs[lr].reference_loss, 9), color=PALETTE[0], linewidth=2.4)
    left.axhline(CHANCE, color="black", linewidth=0.8, linestyle=":")
    left.set(xlabel="step", ylabel="reference loss (nats)", ylim=(0, 4), xlim=(0, TRAINING.steps))
    right.set(xlabel="learning rate", xscale="log", xlim=(LRS[0] / 1.5, 40), ylim=(0, 4))
    decades(right.xaxis, range(-3, 2))
    if beside == VIEWS[0]:
        right.plot(LRS, [min(final(each, momentum), 9) for each in LRS], "o-", color=PALETTE[1], markersize=4)
        right.set_ylabel("reference loss at the end (nats)")
        lowest = best(momentum)
        says = f"The lowest end of all, {number(final(lowest, momentum))} nats, is at {number(lowest)}"
    else:
        test = range_test(momentum)
        right.plot(test.lrs, test.losses, color=FAINT, linewidth=0.8)
        right.plot(test.lrs, test.smoothed, color=PALETTE[1])
        right.set_ylabel("training loss (nats)")
        says = f"The range test falls most steeply at {number(test.suggested or math.nan)}"
        says += f" and is half way back up at {number(test.blow_up or math.nan)}"
    right.axvline(lr, color=PALETTE[0], linewidth=1.2, linestyle="--")
    if beside == VIEWS[0]:
        mark(right, lr, min(final(lr, momentum), 9), color=PALETTE[0])
    where = f"Learning rate {number(lr)}, {'with' if momentum else 'no'} momentum"
    return figure, f"{where}: the loss {course(runs[lr].reference_loss)} nats in {TRAINING.steps} steps. {says}."


def learning_rate() -> Explorer:
    """A small training for each learning rate, beside where all of them end, or beside one range test."""
    return explore(
        render,
        title="The learning rate",
        momentum=Control((False, True), "momentum 0.9", kind="toggle"),
        lr=Control(LRS, "learning rate", LRS[3]),
        beside=Control(VIEWS, "beside it", kind="choice"),
    )
