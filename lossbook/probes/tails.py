"""Examples that are filled up at their end to far more than their length, and a net that has forgotten them by then."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import as_it_is, train
from lossbook.evidence.structure import tensors
from lossbook.probes.at_length import FALLS, LONG, stands
from lossbook.probes.base import Reading, Trial
from lossbook.probes.trials import end, helps

CUT = 0.5  # of the places, which nothing but filling has, in the middle one of the batches
CHANGE = "what fills the batches up at their end was cut off"


def or_tails(case: Case, reading: Reading) -> Reading:
    """The reading; found if a training that stands learns as soon as the filling behind all of a batch is cut off.

    ``FALLS`` stands between a net that reads fifty fillers more, at 0.99 of its loss, and one that does not, at 0.08.
    """
    if not stands(case) or (cut := without_tails(case)) is None:
        return reading
    trainings = as_it_is(case, LONG), train(case, case.start, LONG, batches=cut)[1]
    as_is, mended = (tuple(map(float, each)) for each in trainings)
    trial = Trial(CHANGE, as_is, mended)
    own, other = end(as_is), end(mended)
    if not (own > 0 and other < FALLS * own and helps(trial)):
        return reading
    places, left = (_axis(each[0])[1] for each in (case.batches, cut))
    sentence = f"of {places} places, {left} hold all of the first batch, and the others fill it up: after {LONG} steps"
    sentence = f"{sentence} the loss is {own:.3g} as it is, and {other:.3g} where {CHANGE}"
    return replace(reading, outcome="found", sentence=sentence, measured=other / own, limit=FALLS, trial=trial)


def without_tails(case: Case) -> tuple[Batch, ...] | None:
    """The batches without the last places that hold the same filling in all examples; None where they are few.

    None, too, where each place has a target of its own.
    """
    cut, shares = list[Batch](), list[float]()
    for batch in case.batches:
        size, places = _axis(batch)
        target = tensors(batch.target)
        if (
            not places
            or batch.calls > 1
            or batch.script is not None
            or any(_has(each, size, places) for each in target)
        ):
            return None
        length = _longest(next(each for each in tensors((batch.inputs, batch.kwargs)) if _has(each, size, places)))
        shares.append(1 - length / places)
        cut.append(batch.map(lambda each, n=(size, places), to=length: each[:, :to] if _has(each, *n) else each))  # type: ignore[misc]
    return tuple(cut) if shares and sorted(shares)[len(shares) // 2] >= CUT else None


def _axis(batch: Batch) -> tuple[int, int]:
    """Examples, and places of the first tensor with two axes or more; 0 places if there is none."""
    wide = [each for each in tensors((batch.inputs, batch.kwargs)) if each.ndim > 1 and each.dtype != torch.bool]
    return (wide[0].size(0), wide[0].size(1)) if wide else (batch.size, 0)


def _has(each: Tensor, size: int, places: int) -> bool:
    return each.ndim > 1 and tuple(each.shape[:2]) == (size, places)


def _longest(x: Tensor) -> int:
    """The places up to the last one at which an example is something else than filling, of any; at least 1.

    Filling are zeros, or, of tokens, the one that stands most often at the end.
    """
    filling = torch.zeros((), dtype=x.dtype, device=x.device) if x.is_floating_point() else x[:, -1].mode(0).values
    there = (x != filling).reshape(*x.shape[:2], -1).any(2).any(0).nonzero()
    return int(there.max()) + 1 if len(there) else 1
