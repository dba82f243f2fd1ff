"""A loss without a slope: of one column, whose softmax is always 1; of outputs that are cut off beforehand."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import output_of
from lossbook.probes.base import Reading
from lossbook.probes.made_up import slope_of

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


def _flat_share(loss: Any, y: Tensor, made: Tensor) -> float | None:
    slope = slope_of(loss, made, y)
    numbers = y.to(made).reshape(made.shape)
    far = (made - numbers).abs() > APART * numbers.std(unbiased=False)
    return None if slope is None or not far.any() else float((slope[far] == 0).float().mean())
