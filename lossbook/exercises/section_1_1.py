"""1.1 Symptoms."""

from __future__ import annotations

from functools import cache

import numpy as np

from lossbook import checks
from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Causes, Each, Tried, pair_of_numbers
from lossbook.experiment import History
from lossbook.paths import replace_at
from lossbook.recorded import symptom
from lossbook.scenarios import scenario
from lossbook.symptoms import symptom_of
from lossbook.train import run


@cache
def trained(lr: float) -> History:
    low = scenario("lr-too-low-is-flat").experiment("broken", 0, "cpu")
    return run(replace_at(low, "optimizer.lr", lr), progress=False)


@cache
def clocks() -> dict[int, tuple[float, float]]:
    """Step -> held-out loss and accuracy."""
    history = run(scenario("healthy-accuracy-rises-on").experiment("broken", 0, "cpu"), progress=False)
    return dict(zip(history.eval_step, zip(history.val_loss, history.metric, strict=True), strict=True))


def curves() -> tuple[list[float], ...]:
    """Four losses of ten classes, each told on the page in words."""
    wave = 0.01 * np.sin(np.arange(200))
    falls = 1.2 + 1.1 * np.exp(-np.arange(200) / 15)
    return tuple(
        one.tolist()
        for one in (2.303 + wave, falls + wave, 4 + 3 * np.sin(np.arange(200)), np.where(falls > 1.3, falls, np.nan))
    )


ROWS = {
    "ex-01-1-two-sides": Exercise(
        "which learning rate is far too high, and yet the loss is high and flat?",
        Tried(
            "a learning rate",
            (
                (
                    "the loss is high and flat",
                    lambda lr: symptom_of(trained(lr), chance=np.log(10)).code == "high-flat",
                ),
                ("its first steps are large", lambda lr: trained(lr).update_ratio[0] > 0.1),
            ),
            lambda lr: checks.in_interval("answer", lr, "(0, inf)"),
        ),
        right=lambda: 1.0,
        mistakes=(
            (1e-7, "It is flat, from the same side as the run on the page: nearly nothing moves. Go the other way."),
            (1e-2, "Nothing is stuck here. Go on in the same direction, by factors of ten."),
        ),
        why="The same name, and an update ratio that is millions of times as large.",
    ),
    "ex-01-1-loss-and-metric": Exercise(
        "between which two looks do the held-out loss and the accuracy both rise?",
        Tried(
            "two steps: (earlier, later)",
            (
                ("both are looks of this run", lambda pair: set(pair) <= set(clocks())),
                ("the first is the earlier one", lambda pair: pair[0] < pair[1]),
                ("the loss rises", lambda pair: clocks()[pair[0]][0] < clocks()[pair[1]][0]),
                ("the accuracy rises", lambda pair: clocks()[pair[0]][1] < clocks()[pair[1]][1]),
            ),
            pair_of_numbers,
        ),
        right=lambda: next(
            (one, two)
            for one, (loss, right) in clocks().items()
            for two, (more, better) in clocks().items()
            if one < two and more > loss and better > right
        ),
        mistakes=(((0.5, 1.5), "Give two steps at which the run was looked at: `eval_step` has them."),),
        why="Loss and accuracy are two clocks: they ask different things.",
    ),
    "ex-01-1-names": Exercise(
        "what are the symptoms of the four?",
        Each(("a", "b", "c", "d"), ("high-flat", "plateau", "oscillating", "diverging", "non-finite", "healthy")),
        right=lambda: tuple(symptom(one).code for one in curves()),
        mistakes=(
            (("plateau", "plateau", "oscillating", "non-finite"), "The one that has learned nothing has another name."),
        ),
    ),
    "ex-01-1-bug": Exercise(
        "which cause is it?",
        Causes(),
        right=lambda: {"gradients-cleared-early"},
        mistakes=(
            ({"missing-zero-grad"}, "The call is there. Look at where it stands."),
            ({"lr-too-low"}, "Another rate changes nothing: print the gradient just before the step."),
            ({"parameters-not-optimized"}, "The optimiser holds the net's parameters. What does it read at the step?"),
        ),
        why="Each step is made with a gradient that was just thrown away.",
    ),
}
