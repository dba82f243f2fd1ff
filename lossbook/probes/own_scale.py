"""Models that bring their inputs to scale themselves, before their first layer, as one that divides decibels by 100."""

from __future__ import annotations

from torch import Tensor

from lossbook.evidence import Case
from lossbook.probes.mends_of_data import CONSTANT, of_a_kind, size_of
from lossbook.probes.passes import layers

UNLIKE = 10.0  # times as wide as another column
TINY = 1 / 30  # deviation that is out of scale


def is_scaled_within(case: Case, limit: float) -> bool:
    """Whether no layer of the fresh model gets numbers out of scale, and the first one none whose columns are unlike.

    Only where all weights belong to layers whose inputs are seen: those of a recurrent net may get anything.

    Args:
        case: the training.
        limit: largest mean or deviation of what is in scale.
    """
    model, calls = case.start.model, layers(case.start.model, case.batches[0])
    modules = dict(model.named_modules())
    seen = {id(param) for call in calls for param in modules[call.name].parameters(recurse=False)}
    hidden = [param for param in model.parameters() if param.ndim > 1 and id(param) not in seen]
    if not calls or hidden or any(size_of(call.before) > limit for call in calls):
        return False
    return float(calls[0].before.std()) >= TINY and _alike(calls[0].before)


def _alike(x: Tensor) -> bool:
    """Whether the columns that vary are about as wide as one another."""
    widths = x.std(dim=of_a_kind(x))
    widths = widths[widths > CONSTANT * x.std()]
    return widths.numel() > 0 and float(widths.max()) <= UNLIKE * float(widths.min())
