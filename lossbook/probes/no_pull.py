"""A loss without a slope: of one column, whose softmax is always 1; of cut outputs; for one of two classes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import output_of
from lossbook.probes.base import Reading
from lossbook.probes.made_up import SURE, slope_of, value_of

LEAST = 5  #: losses
FLAT = 0.5  #: of the wrong answers, for which the loss has no slope
APART = 0.5  #: of the targets' spread, by which an answer is wrong; what forgives small errors has no slope below


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


def is_cut_off(loss: Any, y: Tensor, *wrong: Tensor) -> Reading | None:
    """Whether a loss of numbers has no slope at most answers that are far from right, whichever of these are given.

    Args:
        loss: of outputs and targets.
        y: the targets, numbers.
        wrong: outputs that are wrong, each in another way.
    """
    shares = [share for made in wrong if (share := _flat_share(loss, y, made)) is not None]
    if not shares or min(shares) < FLAT:
        return None
    sentence = f"for {min(shares):.0%} of the answers that are far from right the loss has no slope at all: what is"
    fix = "loss = F.mse_loss(pred, y)  # no clamp() before the loss: what is cut off gets no gradient"
    return Reading("found", f"{sentence} cut off before it is judged learns nothing", min(shares), FLAT, fix=fix)


def one_of_two_is_free(loss: Any, output: Tensor, y: Tensor) -> Reading | None:
    """Whether a loss of yes and no asks nothing of the examples of one class: whatever is answered, they cost the same.

    So does a loss whose labels are -1 and 1 for a label of 0. What costs nothing is left out on purpose.
    """
    for label in (0.0, 1.0):
        these = y == label
        if not these.any() or these.all():
            continue
        made = [torch.full_like(output, answer) for answer in (-SURE, -1.0, 0.0, 1.0, SURE)]
        slopes = [slope_of(loss, each, y) for each in made]
        if any(slope is None or slope.reshape(y.shape)[these].any() for slope in slopes):
            continue
        cost = value_of(loss, output.reshape(y.shape)[these], y[these])
        if not cost or not any(slope.any() for slope in slopes if slope is not None):
            continue
        sentence = f"examples with the label {label:g} cost {cost:.3g} whatever is answered, and have no gradient:"
        fix = (
            "loss = F.binary_cross_entropy_with_logits(logits, y.float())  # or labels of -1 and 1, where the loss asks"
        )
        return Reading("found", f"{sentence} the loss asks nothing of them", 0.0, fix=fix)
    return None


def _flat_share(loss: Any, y: Tensor, made: Tensor) -> float | None:
    slope = slope_of(loss, made, y)
    numbers = y.to(made).reshape(made.shape)
    far = (made - numbers).abs() > APART * numbers.std(unbiased=False)
    return None if slope is None or not far.any() else float((slope[far] == 0).float().mean())
