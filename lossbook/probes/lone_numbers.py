"""Layers that normalise each number by itself: what leaves them is their bias, whatever enters."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

from torch.nn import functional as F

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Mend, Reading
from lossbook.probes.confirming import LONG, can_be_trained, confirmed
from lossbook.probes.rewired import Instead, same, within
from lossbook.probes.trials import STEPS

FIX = "h = self.out(pool(h).flatten(1))  # no norm where each group is one number: less its mean that is 0"


def normalised_alone(case: Case) -> Reading | None:
    """Norms through which nothing passes, if the loss ends clearly lower without; None if there are none."""
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
    passed = within(case, lambda: Instead(lambda func, args: same if _is_alone(func, args) else None))
    return Mend("those norms were passed over", passed, steps=as_long(case, STEPS, LONG))


def _is_alone(func: Any, args: Any) -> bool:
    if func is F.layer_norm and len(args) > 1:
        return math.prod(args[1]) == 1
    if func is F.group_norm and len(args) > 1 and args[0].ndim > 1:
        return bool(args[0][0].numel() == args[1])
    return False
