"""Whether the batches that were kept are a stretch of one class, which later ones are not."""

from __future__ import annotations

from torch import Tensor

from lossbook.evidence import Case
from lossbook.probes.base import Reading
from lossbook.probes.made_up import ROUNDING, is_class_list, yes_or_no


def of_one_class(case: Case, y: Tensor, least: int) -> Reading | None:
    """The reading, if so, and these are at least so many targets, each one class, or a yes or no; else None."""
    later = case.seen.later_targets.values
    if len(y) < least or len(y.unique()) > 1 or not (is_class_list(y) or yes_or_no(y)):
        return None
    if all(abs(mean - float(y[0])) <= ROUNDING for mean in later):
        return None
    sentence = f"the first {len(y)} targets are all {float(y[0]):g}, and later batches have others, with a mean of"
    return Reading("found", f"{sentence} {min(later):.3g} to {max(later):.3g}", 0.0)
