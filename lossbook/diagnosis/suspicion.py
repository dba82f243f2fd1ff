"""What speaks for a cause: what its test saw, of which kind that is, and what became of the training when mended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from lossbook import checks
from lossbook.probes import PROBES, Reading, Trial, helps
from lossbook.probes.trials import end

#: kind of evidence, the strongest first -> what it is
KINDS = {
    "fact": "It is wrong, whatever the loss does.",
    "trial": "Copies were trained, and the change helped.",
    "statistic": "A number, or a property that may be harmless: it accuses only if its mend helps.",
}
#: causes whose test sees what is wrong whatever the loss does
FACTS = {
    *("nonfinite-inputs", "duplicated-augmentation", "preprocessing-mismatch", "overfitting", "wrong-metric"),
    *("unregistered-layers", "graph-detached", "output-activation-mismatch", "batch-mixing", "missing-nonlinearity"),
    *("symmetric-init", "softmax-before-cross-entropy", "probabilities-into-nll", "wrong-loss", "broadcast-loss"),
    *("missing-zero-grad", "train-eval-mode", "state-reset", "gradients-cleared-early", "loss-misreported"),
    *("target-leak", "degenerate-targets", "same-batch-repeated", "data-changed-in-place", "input-ignored"),
    *("loss-term-lost", "undefined-operation"),
}
#: causes whose test trains a few steps, and then looks at a number
STATISTICS = {"vanishing-gradients"}
FOLLOWS = "follows"  #: the grade of what follows from another cause
HELPED = {None: "untried", True: "helps", False: "no-help"}
#: every grade that a finding can have
GRADES = ("fact-helps", "fact-untried", "fact-no-help", "trial-helps", "trial-untried", "statistic-helps", FOLLOWS)
TABLE = Path(__file__).parent / "confidence.json"


def kind_of(cause: str) -> str:
    """The kind of evidence that the test of a cause gives, a key of ``KINDS``.

    >>> kind_of("missing-zero-grad"), kind_of("lr-too-high"), kind_of("sum-reduction")
    ('fact', 'trial', 'statistic')
    """
    if cause in FACTS:
        return "fact"
    return "trial" if PROBES[cause].steps and cause not in STATISTICS else "statistic"


@dataclass(frozen=True)
class Suspicion:
    """A cause whose test is positive.

    Raises:
        ValueError: a kind that is none.
    """

    cause: str
    kind: str  #: a key of ``KINDS``
    reading: Reading
    trial: Trial | None = None  #: the training as it is beside the mended one, if that was tried
    in_loop: bool = False  #: the plain lines do not have this fault, whatever they are given

    def __post_init__(self) -> None:
        checks.one_of("kind", self.kind, KINDS)

    @property
    def helped(self) -> bool | None:
        """Whether the mend helps; None if none was tried."""
        return None if self.trial is None else helps(self.trial)

    @property
    def gain(self) -> float:
        """What the mend wins back, in [0, 1]; 0 if none was tried."""
        return 0.0 if self.trial is None else gain(self.trial)

    @property
    def grade(self) -> str:
        """The kind of evidence, and what became of the mend, such as "fact-helps"."""
        return f"{self.kind}-{HELPED[self.helped]}"

    @property
    def accuses(self) -> bool:
        """Whether it is sure enough to be named: a fact, a mend that helps, or a trial whose mend was not tried."""
        return self.kind == "fact" or self.helped is True or (self.kind == "trial" and self.helped is None)


def gain(trial: Trial) -> float:
    """The share of the way from the worse of start and end, as it is, down to the mended end the mend makes, in [0, 1].

    >>> gain(Trial("", (2.0,) * 20, (2.0, *(0.5,) * 20)))
    1.0
    """
    as_is, mended = end(trial.as_is), end(trial.mended)
    if not np.isfinite(mended):
        return 0.0
    if not np.isfinite(as_is):
        return 1.0
    way = max(trial.mended[0] if trial.began is None else trial.began, as_is) - mended
    return float(np.clip((as_is - mended) / way, 0, 1)) if way > 0 else 0.0


@cache
def confidences() -> dict[str, float]:
    """The share of findings that were right, by grade, and of those that follow from another: ``confidence.json``.

    ``tools/measure_programs.py`` counts them on foreign programs.
    """
    read: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf8"))
    right: dict[str, float] = read["right"]
    return right


__all__ = ["FACTS", "FOLLOWS", "GRADES", "KINDS", "STATISTICS", "Suspicion", "confidences", "gain", "kind_of"]
