"""The training's own examples in two parts: copies are trained on the one, and asked of the other.

Where no held-out examples were seen, and the batches hold all examples there are, so that each of them came again,
this is how to see what a net learns by heart. Of batches in which none came again, the last ones are such a part.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on, train
from lossbook.probes.base import Reading, decided
from lossbook.probes.examples import data_loss, dealt, joined, marks
from lossbook.probes.made_up import cost_of_one_answer

AGAIN = 1.5  #: times that each example came on average, so that few others are left
ASKED = 0.2  #: share of the examples that no copy is trained on
LEAST = 20  #: different examples, of which a fifth still says something
STEPS = 200  #: of a copy, at most
LOOKED_AT = 8  #: batches that it was trained on
#: the loss of what a copy was not trained on, over what the fresh model has there, or who knows nothing; of programs
#: that are sound, and soon stopped, up to 1.3, of one that has 70 examples with 300 numbers each 2.8
WORSE = 2.0


class Parts(NamedTuple):
    """Batches to train on, in a random order, and the examples that are left out of them."""

    trained: tuple[Batch, ...]
    asked: tuple[Batch, ...]


def parted(case: Case, *, epochs: int = 4) -> Parts | None:
    """Both parts; None if examples did not come again, or cannot be told apart, or are too few.

    Args:
        case: whose batches are parted.
        epochs: how often each example stands in the batches to train on, each time in another order.
    """
    every = joined(case.batches)
    numbers = different(every)
    if len(numbers) < LEAST or len(numbers) * AGAIN > every.size:
        return None
    order = torch.from_numpy(np.random.default_rng(0).permutation(numbers))
    cut = int(ASKED * len(order))
    asked, known = every.rows(order[:cut]), every.rows(order[cut:])
    size = min(case.batches[0].size, known.size)
    return Parts(tuple(batch for seed in range(epochs) for batch in dealt(known, size, seed=seed)), (asked,))


def different(every: Batch) -> list[int]:
    """The number of the first of each group of examples that are the same in all inputs; none if no row is one."""
    first = dict[bytes, int]()
    for number, mark in enumerate(marks(every)):
        first.setdefault(mark, number)
    return [*first.values()]


def learnt_by_heart(case: Case, gap: float) -> Reading | None:
    """Train a copy on the one part: the other part's loss ends above that of the fresh model, its own far below.

    That is more than a loss that has turned: what was learnt is worse than to know nothing. None if there are no such
    parts, or the targets are of a kind for which that is not known.

    Args:
        case: a training without held-out examples.
        gap: loss of the examples that are asked over that of those that are trained on, above which it is found.
    """
    parts, steps = parted(case), min(len(case.log.loss.values), STEPS)
    if parts is None or not steps:
        return None
    (unseen,) = parts.asked
    copy, plain = train(case, case.start, steps, batches=parts.trained)[0], data_loss(case)
    fresh, asked = (loss_on(plain, each.model, unseen) for each in (case.start, copy))
    nothing = cost_of_one_answer(case, unseen)
    if nothing is None:
        return None
    most = max(fresh, nothing)
    known = float(np.mean([loss_on(plain, copy.model, batch) for batch in parts.trained[:LOOKED_AT]]))
    sentence = f"of {unseen.size} examples that a copy was not trained on, the loss is {fresh:.3g} at the start"
    sentence = f"{sentence} and {asked:.3g} after {steps} steps; of those that it was trained on {known:.3g}"
    if not (known > 0 and asked > WORSE * most > 0):
        return decided(False, sentence, asked / most if most > 0 else None, WORSE)
    return decided(asked / known > gap, sentence, asked / known, gap)
