"""A statistic accuses nobody by itself: what it finds must stand in the way, which the mended training shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lossbook.evidence import Case
from lossbook.evidence.replay import train
from lossbook.probes.base import Mend, Reading
from lossbook.probes.step_size import CLEARLY, compared, ended_at
from lossbook.probes.trials import end, trial_of

LONG = 300  # steps, at most, of a copy that is to be compared with the end of the run
DONE = 0.1  # of its first loss, below which a run that ends there has learnt its task: more steps only wait for luck


def can_be_trained(case: Case) -> bool:
    """Whether a copy can be trained: its batches, its loss and its optimiser were seen."""
    return bool(case.batches) and case.loss_of is not None and bool(case.start.optimizers)


def confirmed(reading: Reading, case: Case, make: Callable[[Case], Mend | None], limit: float = CLEARLY) -> Reading:
    """What a statistic has found, if the loss ends clearly lower with the mend; "cannot tell" if nothing can be tried.

    Args:
        reading: what the statistic says.
        case: the training.
        make: makes the mend of the cause.
        limit: of the loss with the mend over that without.
    """
    if not reading.found:
        return reading
    mend = make(case) if can_be_trained(case) else None
    if mend is None:
        return replace(reading, outcome="cannot tell", sentence=f"{reading.sentence}, and no mend can be tried")
    trial = trial_of(case, mend)
    as_is, mended = end(trial.as_is), end(trial.mended)
    sentence = (
        f"{reading.sentence}; after {mend.steps} steps the loss is {as_is:.3g}, and {mended:.3g} if {mend.change}"
    )
    ended, began = ended_at(case), abs(trial.as_is[0])
    if ended <= mended and not abs(ended) < DONE * began:  # the run had more steps: so has the copy
        steps = min(len(case.log.loss.values), LONG)
        later = end(train(mend.case, mend.case.start, steps, **mend.knobs)[1]) if steps > mend.steps else mended
        if later < CLEARLY * ended:
            sentence = f"{reading.sentence}; the loss ends at {ended:.3g}, and after {steps} steps at {later:.3g} if "
            as_is, mended, sentence = ended, later, f"{sentence}{mend.change}"
    tried = compared(case, mended, as_is, sentence, limit, trial.mended[0])
    if tried.found and mended < trial.mended[0]:
        return replace(reading, sentence=sentence, trial=trial)
    return replace(tried, outcome="not found", trial=trial)
