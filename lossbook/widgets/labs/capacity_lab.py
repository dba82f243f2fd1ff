"""Lab: nets with few and many hidden units, trained on few digits."""

from __future__ import annotations

import functools
from dataclasses import replace

from matplotlib.figure import Figure

from lossbook.experiment import History
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.paths import replace_at
from lossbook.plotting import PALETTE
from lossbook.train import run
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import FAINT, SMALL, TRAINING, mark, sheet
from lossbook.widgets.words import course, number

WIDTHS, SIZES = (1, 2, 4, 8, 16, 64, 256), (100, 1000)
BASE = replace(TRAINING, optimizer=Adam(lr=0.005), steps=300, eval_every=15)
COLOURS = {"reference_loss": PALETTE[0], "val_loss": PALETTE[1]}
LABELS = {"reference_loss": "training digits", "val_loss": "held-out digits"}


@functools.cache
def history(units: int, digits: int) -> History:
    """The training of a net with so many hidden units on so many digits."""
    wide = replace(BASE, model=MLP(sizes=(196, units, 10), activation="tanh"))
    return run(replace_at(wide, "data.train_size", digits), progress=False)


def render(units: int, digits: int) -> tuple[Figure, str]:
    figure, (left, right) = sheet()
    chosen = history(units, digits)
    for name, colour in COLOURS.items():
        curve = getattr(chosen, name)
        ends = [getattr(history(width, digits), name)[-1] for width in WIDTHS]
        left.plot(chosen.eval_step, curve, color=colour, label=LABELS[name])
        right.plot(WIDTHS, ends, "o-", color=colour, markersize=4)
        mark(right, units, curve[-1], color=colour, size=8)
    right.axvline(units, color=FAINT, linewidth=1, zorder=0)
    left.set(xlabel="step", ylabel="loss (nats)", ylim=(-0.1, 3))
    left.legend(loc="upper right", fontsize=SMALL)
    right.set(xlabel="hidden units", ylabel="loss at the end (nats)", ylim=(-0.1, 3), xscale="log")
    right.set_xticks(WIDTHS, [str(width) for width in WIDTHS])
    right.minorticks_off()
    gap = chosen.val_loss[-1] - chosen.reference_loss[-1]
    return figure, (
        f"{units} hidden unit{'s' * (units > 1)}, {digits} digits, losses in nats: on the training digits the loss "
        f"{course(chosen.reference_loss)}, on held-out ones it {course(chosen.val_loss)}. "
        f"At the end {number(gap)} nats lie between them."
    )


def capacity() -> Explorer:
    """Nets of several widths on 100 and on 1,000 digits: what they learn, and how far it holds for new digits."""
    return explore(
        render,
        title="Capacity",
        digits=Control(SIZES, "training digits", kind="choice"),
        units=Control(WIDTHS, "hidden units", 16),
    )
