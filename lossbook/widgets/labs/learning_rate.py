"""Lab: one training with many learning rates."""

from __future__ import annotations

import functools
import math

import numpy as np
from matplotlib.figure import Figure

from lossbook.experiment import History
from lossbook.plotting import PALETTE
from lossbook.sweeps import RangeTest, lr_range_test, sweep
from lossbook.widgets.controls import Control
from lossbook.widgets.explore import Explorer, explore
from lossbook.widgets.labs.base import FAINT, TRAINING, decades, mark, number, sheet

LRS = tuple(float(f"{10 ** (power / 3):.1g}") for power in range(-9, 5))  # 1, 2, 5 and so on
VIEWS = ("final losses", "range test")
CHANCE = math.log(10)


@functools.cache
def histories() -> dict[float, History]:
    """learning rate -> its training."""
    return dict(zip(LRS, sweep(TRAINING, "optimizer.lr", LRS, progress=False), strict=True))


@functools.cache
def range_test() -> RangeTest:
    return lr_range_test(TRAINING, low=LRS[0], high=100.0, steps=120, progress=False)


def final(lr: float) -> float:
    """Reference loss at the end, which may be infinite or NaN."""
    return histories()[lr].reference_loss[-1]


def render(lr: float, beside: str) -> tuple[Figure, str]:
    figure, (left, right) = sheet()
    for other in LRS:
        history = histories()[other]
        left.plot(history.eval_step, np.minimum(history.reference_loss, 9), color=FAINT, linewidth=0.7)
    history = histories()[lr]
    left.plot(history.eval_step, np.minimum(history.reference_loss, 9), color=PALETTE[0], linewidth=2.4)
    left.axhline(CHANCE, color="black", linewidth=0.8, linestyle=":")
    left.set(xlabel="step", ylabel="reference loss (nats)", ylim=(0, 4), xlim=(0, TRAINING.steps))
    right.set(xlabel="learning rate", xscale="log", xlim=(LRS[0] / 1.5, 40), ylim=(0, 4))
    decades(right.xaxis, range(-3, 2))
    best = min(LRS, key=final)
    if beside == VIEWS[0]:
        right.plot(LRS, [min(final(each), 9) for each in LRS], "o-", color=PALETTE[1], markersize=4)
        right.set_ylabel("reference loss at the end (nats)")
        says = f"The lowest end of all, {number(final(best))} nats, is at {number(best)}"
    else:
        test = range_test()
        right.plot(test.lrs, test.losses, color=FAINT, linewidth=0.8)
        right.plot(test.lrs, test.smoothed, color=PALETTE[1])
        right.set_ylabel("training loss (nats)")
        says = f"The range test falls most steeply at {number(test.suggested or math.nan)}"
        says += f" and is half way back up at {number(test.blow_up or math.nan)}"
    right.axvline(lr, color=PALETTE[0], linewidth=1.2, linestyle="--")
    if beside == VIEWS[0]:
        mark(right, lr, min(final(lr), 9), color=PALETTE[0])
    return figure, f"Learning rate {number(lr)}: {verdict(lr)} {number(final(lr))} nats. {says}."


def verdict(lr: float) -> str:
    """What the curve does, up to its last number."""
    start, end = histories()[lr].reference_loss[0], final(lr)
    if not end < start:
        return f"the loss does not fall; it goes from {number(start)} to"
    if end > CHANCE / 2:
        return f"the loss falls little in {TRAINING.steps} steps, from {number(start)} to"
    return f"the loss falls from {number(start)} to"


def learning_rate() -> Explorer:
    """A small training for each learning rate, beside where all of them end, or beside one range test."""
    return explore(
        render,
        title="The learning rate",
        lr=Control(LRS, "learning rate", LRS[3]),
        beside=Control(VIEWS, "beside it", kind="choice"),
    )
