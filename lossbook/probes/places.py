"""Numbers of places, the same for all examples, that are added to what the examples hold, and drown it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Mend, Reading
from lossbook.probes.confirming import LONG, can_be_trained, confirmed
from lossbook.probes.rewired import Instead, within
from lossbook.probes.trials import STEPS

SUMS = frozenset(("add", "radd", "iadd"))
DROWNS = 8.0  # times as large, which a trial must show to be too much
FIX = "h = self.embed(x) + places / places.abs().max()  # about as large as what the tokens are"


class _Sum(NamedTuple):
    number: int  #: of the call, from 0 on
    is_first: bool  #: the places are the first of both
    times: float  #: as large as what the examples hold
    learnt: bool  #: they are weights, or made of weights


def drowned_by_weights(case: Case) -> Reading | None:
    """Numbers of places that are weights, and too large; None if there are none."""
    return _drowned(case, learnt=True)


def drowned_by_constants(case: Case) -> Reading | None:
    """The same of numbers that are no weights."""
    return _drowned(case, learnt=False)


def _drowned(case: Case, *, learnt: bool) -> Reading | None:
    """Sums in which the places count ``DROWNS`` times as much, if the loss ends clearly lower where they do not."""
    if not can_be_trained(case) or case.batches[0].calls > 1 or case.batches[0].script is not None:
        return None
    large = [one for one in _sums(case) if one.times > DROWNS and one.learnt is learnt]
    if not large:
        return None
    sentence = f"what is added for each place is {large[0].times:.2g} times as large as what the examples hold there"
    reading = confirmed(Reading("found", sentence, large[0].times, DROWNS), case, lambda case: _level(case, large[0]))
    return replace(reading, fix=FIX) if reading.found else None


def _sums(case: Case) -> list[_Sum]:
    """All in which one tensor is the same for each example and differs between places, and the other one is not."""
    found, number = list[_Sum](), itertools.count()

    def note(func: Any, args: Any) -> None:
        if not _is_sum(func, args):
            return
        one = next(number)
        for is_first in (True, False):
            places, other = args[:2] if is_first else args[1::-1]
            times = _times(places, other)
            if times is not None:
                found.append(_Sum(one, is_first, times, places.requires_grad))

    model = copied_model(unwrapped(case.start.model), shared=[])
    with quiet(model), torch.enable_grad(), Instead(note):
        case.batches[0].output(model.eval())
    return found


def _times(places: Tensor, other: Tensor) -> float | None:
    """How many times as large the spread over places is as what the examples hold; None if these are no such two."""
    if other.ndim < 3 or places.ndim < 2 or len(other) < 2 or places.shape[1 if places.ndim == other.ndim else 0] < 2:
        return None
    if places.ndim == other.ndim and len(places) > 1 and not torch.equal(places, places[:1].expand_as(places)):
        return None
    if other.ndim == places.ndim + 1 and places.shape[0] != other.shape[1]:
        return None
    whole = places.detach()[0] if places.ndim == other.ndim else places.detach()
    spread = float((whole - whole.mean(0)).float().square().mean().sqrt())
    held = float((other - other.mean(0)).detach().float().square().mean().sqrt())
    return spread / held if held > 0 else None


def _level(case: Case, one: _Sum) -> Mend:
    """The places divided by so much that both are of a size."""

    def levelled(first: Tensor, second: Tensor, *more: Any, **kwargs: Any) -> Tensor:
        return first / one.times + second if one.is_first else first + second / one.times

    def mode() -> Instead:
        number = itertools.count()
        return Instead(lambda func, args: levelled if _is_sum(func, args) and next(number) == one.number else None)

    return Mend("they were divided by so much", within(case, mode), steps=as_long(case, STEPS, LONG))


def _is_sum(func: Any, args: Any) -> bool:
    both = args[:2]
    return _name(func) in SUMS and len(both) == 2 and all(isinstance(e, Tensor) and e.is_floating_point() for e in both)


def _name(func: Any) -> str:
    return getattr(func, "__name__", "").strip("_")
