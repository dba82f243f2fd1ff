"""Numbers that give a cause away: a loss that stays at one of them is no accident."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

__all__ = ["CONSTANTS", "Constant", "GivenAway", "given_away"]

CLASSES = (2, 3, 4, 5, 10, 20, 50, 100, 1000)  # usual numbers of classes: a run that stops at ln K has learned nothing
VOCABULARIES = (30522, 32000, 50257, 128256)  # BERT, Llama 2, GPT-2, Llama 3
NEAR = 0.005  # relative: a loss stays at a constant if it is nearer
CLAMPED = 0.001  # the same for limits that a program sets, which are hit exactly or not at all
STEADY = 0.02  # the quarters of the part that is looked at differ by less, relative to the constant


@dataclass(frozen=True)
class Constant:
    """One row of ``CONSTANTS``."""

    value: float  #: the loss, in nats
    sentence: str  #: what a loss says that stays there
    causes: tuple[str, ...]  #: keys of ``CAUSES``, the likeliest first
    near: float = NEAR  #: how near the loss must be, relative to the value


UNLEARNED = ("labels-misaligned", "unscaled-inputs", "parameters-not-optimized", "graph-detached", "lr-too-high")


def _chance(classes: int) -> Constant:
    what = f"{classes} tokens" if classes in VOCABULARIES else f"{classes} classes"
    sentence = f"the loss of a model that gives {what} the same probability: it knows nothing of its inputs."
    return Constant(math.log(classes), sentence, UNLEARNED)


def _softmax_twice(classes: int) -> Constant:
    sentence = (
        f"the least cross-entropy for {classes} classes if probabilities are given as logits: softmax is applied twice."
    )
    causes = ("softmax-before-cross-entropy", "output-activation-mismatch")
    return Constant(math.log(1 + (classes - 1) / math.e), sentence, causes)


def _clamp(power: int) -> Constant:
    sentence = (
        f"-ln of 1e-{power}, a limit beneath the logarithm: the model gives the true class no probability at all."
    )
    return Constant(-math.log(10.0**-power), sentence, ("log-of-zero", "labels-misaligned"), CLAMPED)


#: name -> constant. Those that a program sets stand first: a loss that is near to two of them is told the first
CONSTANTS: dict[str, Constant] = {
    "0": Constant(
        0.0,
        "no honest loss is exactly 0: the targets do not count, or the model sees them, or NaN was written as 0.",
        ("wrong-loss", "loss-sign-flipped", "low-precision"),
        0.0,
    ),
    "100": Constant(
        100.0,
        "BCELoss puts 100 where the logarithm would be infinite: the outputs are exactly 0 or 1, on the wrong side.",
        ("log-of-zero", "output-activation-mismatch"),
        CLAMPED,
    ),
    **{f"-ln 1e-{power}": _clamp(power) for power in (15, 12, 8, 7)},
    **{f"ln {classes}": _chance(classes) for classes in (*CLASSES, *VOCABULARIES)},
    "ln(1 + 1/e)": Constant(
        math.log(1 + 1 / math.e),
        "the least loss for two classes if a sigmoid or a softmax is applied twice, where logits belong.",
        ("output-activation-mismatch", "softmax-before-cross-entropy"),
    ),
    "(ln 2 + ln(1 + 1/e)) / 2": Constant(
        (math.log(2) + math.log(1 + 1 / math.e)) / 2,
        "the least binary cross-entropy for two classes of one size if the sigmoid is applied twice.",
        ("output-activation-mismatch",),
    ),
    **{f"ln(1 + {classes - 1}/e)": _softmax_twice(classes) for classes in CLASSES[1:]},
    "1": Constant(
        1.0,
        "the margin of a hinge or triplet loss if all outputs are alike, and the squared error of a constant answer to "
        "standardised targets: every input gets the same answer.",
        ("broadcast-loss", "dead-relu", "lr-too-high"),
        CLAMPED,
    ),
}


class GivenAway(NamedTuple):
    """A constant at which a loss stays."""

    name: str  #: a key of ``CONSTANTS``
    seen: float  #: the mean of the last losses

    @property
    def constant(self) -> Constant:
        """The row of ``CONSTANTS``."""
        return CONSTANTS[self.name]

    def __str__(self) -> str:
        value = "" if self.name in ("0", "1", "100") else f", {self.constant.value:.4g}"
        return f"the loss ends at {self.seen:.4g}, which is {self.name}{value}: {self.constant.sentence}"


def given_away(losses: np.ndarray, *, unit: str = "") -> list[GivenAway]:
    """The constants at which a loss stays in its last quarter.

    Args:
        losses: of a run, in order, (N,). Those that are not finite do not count.
        unit: "bits" for logarithms to the base 2, else nats.

    Returns:
        Most often none; the first is the likeliest.

    >>> [str(found.name) for found in given_away(np.array([2.9, 2.31, 2.304, 2.302, 2.303, 2.303, 2.302, 2.303]))]
    ['ln 10']
    """
    finite = losses[np.isfinite(losses)]
    if len(finite) < 2:
        return []
    tail = finite[-max(len(finite) // 4, 2) :]
    factor = math.log(2) if unit == "bits" else 1.0
    means = np.array([part.mean() for part in np.array_split(tail, min(4, len(tail)))]) * factor
    mean, spread = float(tail.mean()) * factor, float(np.ptp(means))
    if not tail.any():
        return [GivenAway("0", 0.0)]
    found = [
        (abs(mean / row.value - 1), GivenAway(name, mean / factor))
        for name, row in CONSTANTS.items()
        if row.value and abs(mean / row.value - 1) < row.near and spread < STEADY * row.value
    ]
    exact = [row for off, row in found if row.constant.near < NEAR]
    return exact or [row for _, row in sorted(found, key=lambda pair: pair[0])[:1]]
