"""Layers that normalise each number by itself: what leaves them is their bias, whatever enters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.probes.base import Mend, Reading
from lossbook.probes.confirming import LONG, can_be_trained, confirmed
from lossbook.probes.rewired import Instead, same
from lossbook.probes.trials import STEPS

FIX = "h = self.out(pool(h).flatten(1))  # no norm where each group is one number: less its mean that is 0"


def or_lone_numbers(decide: Callable[[Case], Reading]) -> Callable[[Case], Reading]:
    """What the test finds; else a norm through which nothing passes, if the loss ends clearly lower without."""

    def decided_so(case: Case) -> Reading:
        reading = decide(case)
        return reading if reading.found else _normalised_alone(case) or reading

    decided_so.__doc__ = decide.__doc__
    return decided_so


def _normalised_alone(case: Case) -> Reading | None:
    if not can_be_trained(case) or not (calls := _calls(case)):
        return None
    sentence = f"{calls} calls of a norm get groups of one number each, which less its own mean is 0"
    reading = confirmed(Reading("found", sentence, calls, 0), case, _passed_over)
    return replace(reading, fix=FIX) if reading.found else None


def _calls(case: Case) -> int:
    """How many norms get nothing but groups of one number."""
    number, model = itertools.count(), copied_model(unwrapped(case.start.model), shared=[])

    def note(func: Any, args: Any) -> None:
        if _is_alone(func, args):
            next(number)

    with quiet(model), Instead(note):
        case.batches[0].output(model.eval())
    return next(number)


def _passed_over(case: Case) -> Mend:
    as_is = case.loss_of
    assert as_is is not None

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        with Instead(lambda func, args: same if _is_alone(func, args) else None):
            return as_is(model, batch)

    steps = min(max(len(case.log.loss.values), STEPS), LONG)
    return Mend("those norms were passed over", replace(case, loss_of=loss_of), steps=steps)


def _is_alone(func: Any, args: Any) -> bool:
    if func is F.layer_norm and len(args) > 1:
        return math.prod(args[1]) == 1
    if func is F.group_norm and len(args) > 1 and args[0].ndim > 1:
        return bool(args[0][0].numel() == args[1])
    return False
