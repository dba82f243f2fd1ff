"""A loss that is nothing whatever the model says, as the cross entropy of one column, whose softmax is always 1."""

from __future__ import annotations

from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import output_of
from lossbook.probes.base import Reading

LEAST = 5  #: losses


def is_nothing(case: Case) -> Reading | None:
    """Whether each loss was exactly 0, and each gradient, while the fresh model answers in one column; else None."""
    losses, zero = case.seen.ran_on.values, case.seen.zero_share.values
    if len(losses) < LEAST or any(losses) or not zero or min(zero) < 1 or not case.batches:
        return None
    output = output_of(case.start.model, case.batches[0])
    if not isinstance(output, Tensor) or output.ndim < 2 or output.shape[1] != 1:
        return None
    sentence = f"all {len(losses)} losses were exactly 0, and all gradients; the outputs are {tuple(output.shape)}, and"
    fix = "loss = F.binary_cross_entropy_with_logits(logits, y.float())  # cross_entropy wants a column for each class"
    return Reading("found", f"{sentence} the softmax of one column is 1 whatever the model says", 1.0, fix=fix)
