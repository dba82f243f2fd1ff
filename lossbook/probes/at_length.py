"""Longer trials, for a training that stands where it began: what it lacks may need hundreds of steps to show.

A net that reads signs, or attends to the right place, does so only after a while, at any setting.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from lossbook.evidence import Case, Snapshot
from lossbook.evidence.replay import as_it_is, train
from lossbook.probes.base import Reading, Trial
from lossbook.probes.made_up import cost_of_one_answer
from lossbook.probes.trials import end, helps

LOOKED_AT = 8  #: batches
LONG = 240  #: steps at least, of which the batches that were kept take 40 each time
LONGEST = 600  #: steps at most, where the training had as many
#: the last losses over the first ones, above which a training stands; a transformer at 50 times its rate ends at 0.96
#: of its start, the same at a right rate at 0.01
STANDS = 0.9
FALLS = 0.5  # of the loss of the training as it is, below which the change tells: that transformer 0.01
BOLD = 0.1  # an early update ratio; at a right rate that transformer's is 0.02, at 50 times the rate 0.5


def stands(case: Case) -> bool:
    """Whether the loss of the training is hardly lower in its last quarter than in its first steps, or than nothing is.

    Ratings near 3 begin at 9; whoever gives 3 to all has a loss that has fallen far, and knows nothing of anybody.
    """
    losses = np.array(case.log.loss.values)
    few = max(len(losses) // 20, 1)
    if len(losses) < 2 * few or not np.isfinite(losses).all() or not losses[0] > 0:
        return False
    first = min(losses[0], losses[:few].mean())  # steps that are too long throw it up at once
    last = float(losses[-(len(losses) // 4) or -1 :].mean())
    return last > STANDS * first or _is_as_one_answer_for_all(case, last)


def _is_as_one_answer_for_all(case: Case, loss: float) -> bool:
    """Whether it is no lower than if each example got the mean of the targets, or each class the same probability."""
    costs = [cost_of_one_answer(case, batch) for batch in case.batches[-LOOKED_AT:]]
    known = [cost for cost in costs if cost is not None]
    return bool(known) and len(known) == len(costs) and loss > STANDS * float(np.mean(known)) > 0


def as_long(case: Case, least: int = LONG, most: int = LONGEST) -> int:
    """As many steps as the training had, within bounds."""
    return min(max(len(case.log.loss.values), least), most)


def told_at_length(
    case: Case, reading: Reading, change: str, start: Snapshot, lr_scale: float = 1.0, by: float = math.inf
) -> Reading:
    """The reading, found if the change makes the loss fall in as many steps as it had, and it does not as it is.

    Args:
        case: a training that stands.
        reading: what shorter trials say.
        change: in words, as of a ``Mend``.
        start: model and optimiser with the change.
        lr_scale: of their learning rate.
        by: how much lower it must end, if it need not end at ``FALLS`` of the loss as it is.
    """
    steps = as_long(case)
    as_is = as_it_is(case, steps)
    mended = train(replace(case, start=start), start, steps, lr_scale=lr_scale)[1]  # at the rates that were seen
    trial = Trial(change, tuple(map(float, as_is)), tuple(map(float, mended)))
    own, other = end(trial.as_is), end(trial.mended)
    if not (own > 0 and (other < FALLS * own or own - other > by) and helps(trial)):
        return reading
    sentence = f"{reading.sentence}; after {steps} steps it is {own:.3g} as it is, and {other:.3g} where {change}"
    return replace(reading, outcome="found", sentence=sentence, measured=other / own, limit=FALLS, trial=trial)


__all__ = ["BOLD", "LONG", "as_long", "stands", "told_at_length"]
