"""Examples that were read twice, told by the form of their numbers, whatever their scale has become; and their mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.probes.base import Mend
from lossbook.probes.examples import joined

NUMBERS = 8  # of an example at least, so that its form tells it from others
LOOKED_AT = 1024  # of its numbers
FORM = 1e-5  # of a correlation below 1: rounding
MOVED = 1e-3  # relative change of the scale, or of the mean in units of the scale, that is one
LATER = 256  # of the last examples, at most, which are looked for among those before


def seen_twice(batches: Sequence[Batch]) -> Tensor:
    """For each of the last examples that came before: +1 if it has become larger, -1 if smaller, 0 if neither.

    An example is the same if the form of its numbers is, and the target.
    """
    every = joined(batches)
    x, y = every.x, every.target
    if x is None or not len(x) or x[0].numel() < NUMBERS:
        return torch.empty(0)
    later_ones = min(LATER, len(x) // 4)
    x = x.detach().flatten(1)
    x = x[:, :: max(x.shape[1] // LOOKED_AT, 1)].double()
    mean, std = x.mean(1), x.std(1)
    forms = (x - mean[:, None]) / std.clamp_min(torch.finfo(x.dtype).tiny)[:, None]
    cut = len(x) - later_ones
    earlier, later = forms[:cut], forms[cut:]
    alike, place = (later @ earlier.T / (x.shape[1] - 1)).max(dim=1)
    old, new = place, torch.arange(cut, len(x), device=x.device)
    same = alike > 1 - FORM
    if isinstance(y, Tensor) and len(y) == len(x):
        same &= (y[old] == y[new]).reshape(len(old), -1).all(1).to(same.device)
    old, new = old[same], new[same]
    scaled, shifted = (std[new] / std[old]).log(), (mean[new] - mean[old]) / std[old]
    moved = torch.where(scaled.abs() > MOVED, scaled, shifted * (shifted.abs() > MOVED))
    return moved.sign()


def as_first_read(case: Case) -> Mend | None:
    """Each batch with the mean and the standard deviation of the first one."""
    first = case.batches[0].x
    if first is None or case.seen.data_written or case.seen.list_written:
        return None  # what was written is no change of the scale alone
    mean, std = first.mean(), first.std()

    def rescaled(batch: Batch) -> Batch:
        x = batch.x
        return batch if x is None or not x.std() > 0 else batch.with_x((x - x.mean()) / x.std() * std + mean)

    batches = tuple(map(rescaled, case.batches))
    return Mend("each batch was brought to the scale of the first one", replace(case, batches=batches))
