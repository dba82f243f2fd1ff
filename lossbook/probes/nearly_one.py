"""Targets that are numbers, and nearly all of them the same one, as where a whole number was divided by ``//``."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import output_of
from lossbook.probes.base import Reading
from lossbook.probes.made_up import sees_differences_alone

MOST = 0.99  #: of the targets; a question of yes or no with so few of the one has another loss
LEAST = 500  #: targets
LATER = 3.0  #: times what is other here may be other in batches that were not kept


def nearly_all_are_one_number(case: Case, ys: list[Tensor]) -> Reading | None:
    """Whether a loss of differences gets one number for each example, nearly always the same; else None."""
    output, every = output_of(case.start.model, case.batches[0]), torch.cat([y.flatten() for y in ys])
    if case.loss is None or len(every) < LEAST or any(y.numel() != len(y) for y in ys):
        return None
    if not isinstance(output, Tensor) or output.numel() != ys[0].numel():
        return None
    values, counts = every.unique(return_counts=True)
    number, most = values[counts.argmax()], int(counts.max())
    share = most / len(every)
    if share < MOST or not sees_differences_alone(case.loss, output, ys[0], 1.0) or _others_come(case, every, number):
        return None
    sentence = f"of {len(every)} targets, {most} are {float(number):.3g}: {len(every) - most} others say anything"
    fix = "y = level / 255  # not //, nor a cast to whole numbers; then print y.unique(return_counts=True)"
    return Reading("found", sentence, share, MOST, fix=fix)


def _others_come(case: Case, every: Tensor, number: Tensor) -> bool:
    """Whether batches that were not kept have more of others, as where the data are sorted."""
    later = case.seen.later_targets.values
    most = LATER * (1 - MOST) * float((every - number).abs().max())
    return bool(later) and abs(float(np.mean(later)) - float(number)) > most
