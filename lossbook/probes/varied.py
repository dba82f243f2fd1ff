"""What is varied at random and takes the answer away: a net that learned from it does not know examples as they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on, train
from lossbook.probes.base import Reading, Trial, decided, with_trial
from lossbook.probes.examples import joined
from lossbook.probes.trials import helps

#: fall of the loss of examples that are not varied, over that of a copy that learned from such examples alone
TAUGHT = 0.7  # two programs: 0.95 healthy, 0.52 varied too much
KNOWS = 0.3  # of the fresh model's loss of them, below which the net knows them well
PART = 0.75  # of the batches that are not varied are trained on, the others are asked
LONG = 240  # steps of a copy, at most


def taught_less(case: Case) -> Reading | None:
    """Whether the trained net knows examples that are not varied far less than a copy that learned from some of them.

    A variation that leaves the answer as it is teaches what holds for the example itself, too. None: it does.
    """
    cut = int(PART * len(case.unvaried))
    first, asked = case.unvaried[:cut], case.unvaried[cut:]
    fresh, now = (_mean(case, model, asked) for model in (case.start.model, case.now.model))
    if not now > KNOWS * fresh > 0:
        return None
    steps, sample, loss_of = min(len(case.log.loss.values), LONG), joined(asked), case.loss_of
    assert loss_of is not None

    def measure(model: nn.Module, _: Batch) -> Tensor:
        return loss_of(model, sample)

    as_is, plain = (train(case, case.start, steps, batches=each, measure=measure) for each in (None, first))
    other = _mean(case, plain[0].model, asked)
    if not other < fresh:
        return None
    share = (fresh - now) / (fresh - other)
    sentence = f"the loss of examples that are not varied fell from {fresh:.3g} to {now:.3g}; a copy that learned for "
    sentence = f"{sentence}{steps} steps from others that are not varied has {other:.3g}"
    trial = Trial("no example was varied at random", *(tuple(map(float, each[1])) for each in (as_is, plain)))  # type: ignore[arg-type]
    reading = with_trial(decided(share < TAUGHT, sentence, share, TAUGHT), trial)
    return reading if reading.found and helps(trial) else None


def _mean(case: Case, model: nn.Module, batches: Sequence[Batch]) -> float:
    return float(np.mean([loss_on(case, model, batch) for batch in batches]))
