"""What a probe is, what it needs to have seen, and what it says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, NamedTuple

from torch import Tensor

from lossbook import checks
from lossbook.evidence import Case
from lossbook.probes.dependence import takes

#: what a probe can say -> what it means
OUTCOMES = {
    "found": "The cause is there.",
    "not found": "The cause is not there.",
    "does not apply": "The training has nothing in which this cause could be.",
    "cannot tell": "What would decide was not seen.",
}


class Trial(NamedTuple):
    """Two short trainings from one start: as the training is, and with one thing changed."""

    change: str  #: what was changed, as a short sentence in the past without a full stop
    as_is: tuple[float, ...]  #: loss of each step's batch before its update
    mended: tuple[float, ...]  #: the same with the change; both are measured by the mended training's loss
    began: float | None = None  #: the loss of the training's first step, where the copies began later


@dataclass(frozen=True)
class Reading:
    """What a probe saw.

    Raises:
        ValueError: an outcome that is none.

    >>> print(Reading("found", "the update ratio is 0.3, far above 0.01", 0.3, 0.01))
    found: the update ratio is 0.3, far above 0.01
    >>> print(Reading("not found", f"the loss goes from {2.3:.3g} to {float('nan'):.3g}"))
    not found: the loss goes from 2.3 to not finite
    """

    outcome: str  #: a key of ``OUTCOMES``
    sentence: str  #: the numbers that say so, in one sentence without a full stop
    measured: float | None = None  #: the number that decided
    limit: float | None = None  #: what it was compared with
    trial: Trial | None = None  #: where something was tried
    certain: bool = False  #: it was seen to happen, which accuses whatever a trial says
    fix: str | None = None  #: the line as it should be, where the cause's own does not fit

    def __post_init__(self) -> None:  # a run that is broken makes numbers that are none
        checks.one_of("outcome", self.outcome, OUTCOMES)
        words = re.sub(r"[-+]?\bnan\b", "not finite", re.sub(r"[-+]?\binf\b", "infinite", self.sentence))
        object.__setattr__(self, "sentence", words)

    def __str__(self) -> str:
        return f"{self.outcome}: {self.sentence}"

    @property
    def found(self) -> bool:
        """Whether the cause is there."""
        return self.outcome == "found"


def decided(found: bool, sentence: str, measured: float | None = None, limit: float | None = None) -> Reading:
    """ "found" or "not found"; "cannot tell" if what was measured is no number."""
    if measured is not None and math.isnan(measured):
        return Reading("cannot tell", sentence, measured, limit)
    return Reading("found" if found else "not found", sentence, measured, limit)


class Limit(NamedTuple):
    """A limit of a probe, and the two runs between which it stands."""

    value: float
    #: a scenario's key, "all" healthy ones, or "program", for one in ``tests/foreign_*.py``; its number at the worst
    healthy: tuple[str, float]
    broken: tuple[str, float]  #: a scenario's key, and the number that it reaches at least


class Mend(NamedTuple):
    """The same training with one thing changed, made from its case alone."""

    change: str  #: what was changed, as a short sentence in the past without a full stop
    case: Case  #: the training with the change
    knobs: Mapping[str, Any] = {}  #: what ``replay.train`` gets besides, such as ``lr_scale``
    plain: bool = False  #: the change is that the loop is replaced by the plain one, as it cannot be replayed as it is
    steps: int = 60  #: of each of the two trainings, in which the change shows


class Need(NamedTuple):
    """Something that a probe must have."""

    there: Callable[[Case], bool]
    outcome: str  #: what the probe says without it
    sentence: str


def _one_tensor(target: Any) -> bool:
    return isinstance(target, Tensor)


def _has_held_out(case: Case) -> bool:
    """Held-out examples whose targets have the form of those of the training."""
    if case.held_out is None:
        return False
    return not case.batches or _one_tensor(case.held_out.target) == _one_tensor(case.batches[0].target)


NEEDS: dict[str, Need] = {
    "batches": Need(lambda case: bool(case.batches), "cannot tell", "no training batch was seen"),
    "loss of batches": Need(
        lambda case: case.loss_of is not None, "cannot tell", "how the loss is computed was not seen"
    ),
    "loss of outputs": Need(
        lambda case: case.loss is not None,
        "cannot tell",
        "the loss as a function of outputs and targets was not seen: give it as loss_fn",
    ),
    "targets": Need(
        lambda case: bool(case.batches) and _one_tensor(case.batches[0].target),
        "does not apply",
        "the targets are not one tensor",
    ),
    "floating inputs": Need(
        lambda case: bool(case.batches) and case.batches[0].x is not None,
        "does not apply",
        "the inputs are not one tensor of measurements",
    ),
    "optimizer": Need(lambda case: bool(case.start.optimizers), "cannot tell", "no optimiser was seen"),
    "held-out examples": Need(_has_held_out, "cannot tell", "no held-out examples with such targets were seen"),
    "metric": Need(lambda case: case.metric is not None, "does not apply", "no metric was given"),
    "held-out losses": Need(lambda case: bool(case.log.val_loss.values), "cannot tell", "no held-out loss was logged"),
    "update ratios": Need(lambda case: bool(case.log.update_ratio.values), "cannot tell", "no step was measured"),
    "learning rates": Need(lambda case: bool(case.log.lr.values), "cannot tell", "no learning rate was seen"),
    "seen leftovers": Need(lambda case: case.seen.leftover is not None, "cannot tell", "no backward pass was seen"),
    "seen batches": Need(lambda case: bool(case.seen.fingerprints), "cannot tell", "no training batch was seen"),
    "seen cleared": Need(
        lambda case: case.seen.cleared is not None, "cannot tell", "gradients were not seen at a step"
    ),
    "seen modes": Need(
        lambda case: case.seen.train_mode is not None, "cannot tell", "the mode of the model was not seen"
    ),
    "seen backward passes": Need(lambda case: bool(case.seen.backwards), "cannot tell", "no backward pass was seen"),
    "seen zeros": Need(lambda case: bool(case.seen.zero_share.values), "cannot tell", "no gradient was seen at a step"),
    "losses": Need(lambda case: bool(case.log.loss.values), "cannot tell", "no loss was logged"),
    "told losses": Need(
        lambda case: bool(case.seen.told), "cannot tell", "the numbers that are logged were not told: call step(loss)"
    ),
}  #: name -> what it is


def _takes_half(case: Case) -> bool:
    """Whether the model takes half of a batch; so too where none can be cut, as of sparse tensors."""
    batch = case.batches[0]
    try:
        half = batch.first(batch.size // 2)
    except Exception:
        return True
    return takes(case.start.model, half)


def missing(case: Case, needs: Iterable[str]) -> Reading | None:
    """What a test says of a training that has not all of these; None if it has."""
    lacking = (NEEDS[name] for name in needs if not NEEDS[name].there(case))
    return next((Reading(need.outcome, need.sentence) for need in lacking), None)


@dataclass(frozen=True)
class Probe:
    """A cause's decisive test: a function of a training, which works on copies.

    Raises:
        ValueError: a need that is none.
    """

    decide: Callable[[Case], Reading]
    needs: tuple[str, ...] = ()  #: keys of ``NEEDS``
    steps: int = 0  #: of training, at most, ``mend`` not counted
    mend: Callable[[Case], Mend | None] | None = field(
        default=None, repr=False
    )  #: it gives None if it has none for a case

    def __post_init__(self) -> None:
        for need in self.needs:
            checks.one_of("needs", need, NEEDS)

    def __call__(self, case: Case) -> Reading:
        """What the probe says of a training; never an exception."""
        try:
            return missing(case, self.needs) or self.decide(case)
        except Exception as error:
            if case.batches and not _takes_half(case):
                return Reading("cannot tell", "the model does not take half of its batch, as where it is one graph")
            first = str(error).partition("\n")[0]
            return Reading("cannot tell", f"the test itself failed, with {type(error).__name__}: {first}")


def before(look: Callable[[Case], Reading | None], decide: Callable[[Case], Reading]) -> Callable[[Case], Reading]:
    """The test, unless something is found by a look that comes first."""

    @wraps(decide)
    def decide_case(case: Case) -> Reading:
        return look(case) or decide(case)

    return decide_case


def after(decide: Callable[[Case], Reading], look: Callable[[Case], Reading | None]) -> Callable[[Case], Reading]:
    """The test, and where it finds nothing what a look finds that comes after it."""

    @wraps(decide)
    def decide_case(case: Case) -> Reading:
        reading = decide(case)
        return reading if reading.found else look(case) or reading

    return decide_case


def with_trial(reading: Reading, trial: Trial) -> Reading:
    """The reading with what was tried."""
    return replace(reading, trial=trial)
