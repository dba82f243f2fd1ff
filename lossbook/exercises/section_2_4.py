"""2.4 Overfitting."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import torch

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Each, Number, Tried


def best_confidence() -> float:
    c = np.linspace(0.5, 0.999, 500)
    return float(c[(-0.84 * np.log(c) - 0.16 * np.log((1 - c) / 9)).argmin()])


def _kept(keep: Callable[[dict[str, Any]], Any]) -> bool:
    layer = torch.nn.Linear(2, 1)
    before = layer.weight.detach().clone()
    best = keep(layer.state_dict())
    with torch.no_grad():
        layer.weight += 1  # as an optimiser does
    layer.load_state_dict(best)
    return torch.equal(layer.weight, before)


ROWS = {
    "ex-02-4-read": Exercise(
        "what are the symptoms of the four?",
        Each(("a", "b", "c", "d"), ("overfitting", "plateau", "healthy", "diverging")),
        right=lambda: ("overfitting", "plateau", "healthy", "overfitting"),
        mistakes=(
            (
                ("overfitting", "plateau", "overfitting", "overfitting"),
                "For (c): a gap is no fault as long as the held-out loss falls.",
            ),
            (("overfitting", "plateau", "healthy", "plateau"), "For (d): look at its training loss."),
            (
                ("overfitting", "plateau", "healthy", "diverging"),
                "For (d): in a training that diverges, the training loss rises. Does it here?",
            ),
        ),
    ),
    "ex-02-4-sure": Exercise(
        "which c has the lowest mean loss?",
        Number(within=0.005),
        right=best_confidence,
        mistakes=(
            (0.999, "Nearly certain, and wrong on every sixth digit: what do those cost?"),
            (0.1, "This is the share that guessing gets right. What share does this net get right?"),
            (0.5, "This net is right more often than every second time. Set the slope of the mean loss to zero."),
        ),
    ),
    "ex-02-4-bug": Exercise(
        "which function of the state dict keeps the best weights?",
        Tried("a function of net.state_dict()", (("the weights of that time come back", _kept),)),
        right=lambda: deepcopy,
        mistakes=(
            (
                lambda state: state,
                "A step changes the tensors in place. Does what you keep hold tensors of its own?",
            ),
        ),
        why="The tensors are copied, and not only the dict.",
    ),
    "ex-02-4-patience": Exercise(
        "what does a long patience cost?",
        Choice(("epochs", "held-out loss", "both")),
        right=lambda: "epochs",
        mistakes=(
            ("held-out loss", "Which weights are put back at the end?"),
            ("both", "One of the two is paid, the other is not: which weights are put back at the end?"),
        ),
    ),
}
