"""Decisive tests of a loss that applies a softmax or a sigmoid itself: does it get logits, which may be any number?"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lossbook.evidence import Case, unwrapped
from lossbook.probes.base import Limit, Reading, decided
from lossbook.probes.made_up import are_probabilities, log_probabilities, one_hot, true_classes, value_of, yes_or_no
from lossbook.probes.output_range import Reach, reach
from lossbook.probes.outputs import of_outputs
from lossbook.probes.squashed import squashed_twice

#: name -> what a test compares with, and the runs between which it stands
LIMITS: dict[str, Limit] = {
    # the loss of right answers that may be any number over that of those at the ends of the outputs' range
    "freed": Limit(0.5, ("all", 1.0), ("softmax-before-cross-entropy", 1e-6)),
}
FREED = LIMITS["freed"].value
SIZES = (20.0, 10.0, 5.0, 3.0)  # of logits, of which the best is taken: a loss with smoothed labels wants no large ones
MATTERS = 0.1  # of the loss of the fresh model, by which the ends must hold it up
SAME = 1e-4  # relative difference of two losses that are equal but for rounding
NORMED = 1e-3  # logarithm of the sum of probabilities; that of fresh logits of ten classes: 2.3
REFUSED = Reading("cannot tell", "the loss does not take outputs that are made up")


@of_outputs
def softmax_before_cross_entropy(case: Case, output: Tensor, y: Tensor) -> Reading:
    """Look at the outputs, and add one number to all of them: rows that sum to 1, and a loss that stays the same.

    Only a loss that applies a softmax itself does not see the number added, and probabilities are no logits. Outputs
    that are probabilities one by one, behind a sigmoid, hold the loss up: see :func:`held_up`. Of outputs that are
    logits the loss may make the probabilities itself.
    """
    if not are_probabilities(case, output, y):
        if (twice := squashed_twice(case, output, y)) is not None:
            return Reading("found", f"of any logits, the loss is the {twice[0]}", certain=True)
        ends = reach(unwrapped(case.start.model), case.batches[0])
        if ends is None or ends.low < 0 or ends.high > 1:
            return Reading("not found", "the outputs are no probabilities")
        return held_up(case, output, y, ends)
    plain, shifted = (value_of(case.loss, outputs, y) for outputs in (output, output + 1))
    if shifted is None or plain is None:  # a loss that takes probabilities only
        return REFUSED
    sentence = (
        f"each row of outputs sums to 1, and adding 1 to all of them moves the loss from {plain:.4g} to {shifted:.4g}"
    )
    return decided(abs(plain - shifted) <= SAME * abs(plain), sentence, abs(shifted - plain), SAME * abs(plain))


def are_no_logarithms(case: Case, output: Tensor, y: Tensor) -> bool:
    """The loss takes the logarithm of a class's probability, and gets something that is no such logarithm.

    It falls by whatever is added to all outputs of an example, and is in proportion to them: minus the true one.
    """
    found = true_classes(case, output, y)
    if found is None or bool((output.logsumexp(found[1]).abs() < NORMED).all()):
        return False
    output = output / output.abs().max().clamp_min(1.0)  # what is added shall not drown in them
    loss, half, more = (value_of(case.loss, each, y) for each in (output, output / 2, output + 1))
    if loss is None or half is None or more is None or not loss:
        return False
    return abs(loss - 2 * half) <= SAME * abs(loss) and abs(loss - 1 - more) <= SAME * max(abs(loss), 1)


def one_is_looked_at(case: Case, output: Tensor, y: Tensor) -> int | None:
    """How many outputs an example has, if the loss depends on the same one of them, whatever the true class is."""
    found = true_classes(case, output, y)
    if found is None or y.ndim != 1 or y.is_floating_point() or y.unique().numel() < 2 or case.loss is None:
        return None
    given = output.clone().requires_grad_()
    (slope,) = torch.autograd.grad(case.loss(given, y), given, allow_unused=True)
    used = 0 if slope is None else int(slope.movedim(found[1], 0).flatten(1).any(1).sum())
    return output.shape[found[1]] if used == 1 < output.shape[found[1]] else None


def runs_over_the_batch(case: Case, output: Tensor, y: Tensor) -> bool:
    """Whether what is added to all outputs of a class leaves the loss as it is, and what is added to an example's not.

    A softmax over the classes is the other way round. Where each example has its partner, either way is meant.
    """
    found = true_classes(case, output, y)
    if found is None or output.ndim != 2 or output.shape[0] == output.shape[1] or y.unique().numel() < 2:
        return False
    by = torch.linspace(-1, 1, max(output.shape)).to(output)
    of_class, of_example = by[: output.shape[1]], by[: output.shape[0], None]
    plain, moved, shifted = (value_of(case.loss, each, y) for each in (output, output + of_class, output + of_example))
    if not plain or moved is None or shifted is None:
        return False
    return abs(moved - plain) <= SAME * abs(plain) < abs(shifted - plain)


def are_logits_with_ends(case: Case, output: Tensor, y: Tensor, ends: Reach) -> bool:
    """The outputs have an end, and are no probabilities, nor their logarithms; the targets are classes, or yes and no.

    Logarithms of probabilities end at 0, which is where the logarithm of what is certain belongs.
    """
    if ends == Reach() or (ends.low >= 0 and ends.high <= 1):
        return False
    if output.ndim > 1 and any(log_probabilities(output, axis) for axis in (1, output.ndim - 1)):
        return False
    return true_classes(case, output, y) is not None or (output.numel() == y.numel() and yes_or_no(y))


def held_up(case: Case, output: Tensor, y: Tensor, ends: Reach) -> Reading:
    """Compare the loss of right answers within the outputs' range with that of logits: it could fall further.

    For targets that are classes, or yes and no. Limit ``FREED``. A loss to which wrong answers are the best says
    nothing of logits: it falls for another reason where they may be any number.
    """
    if (found := true_classes(case, output, y)) is not None:
        right = one_hot(found[0], output, found[1])
    elif y.numel() == output.numel() and yes_or_no(y):
        right = y.to(output).reshape(output.shape)
    else:
        return Reading("does not apply", "the targets are neither classes nor yes and no")
    first, made = value_of(case.loss, output, y), [size * (2 * right - 1) for size in SIZES]
    free, bound, wrong = (
        min((loss for each in some if (loss := value_of(case.loss, each, y)) is not None), default=None)
        for some in (made, [each.clamp(*ends) for each in made], [(-each).clamp(*ends) for each in made])
    )
    if first is None or bound is None or free is None:  # a loss that takes probabilities only
        return REFUSED
    at = " and ".join(f"{end:.3g}" for end in ends if math.isfinite(end))
    sentence = f"the outputs end at {at}, where right answers have a loss of {bound:.3g}; of logits it is {free:.2g}"
    if wrong is not None and wrong < bound:
        return decided(
            False, f"the outputs end at {at}, where right answers cost {bound:.3g}, and wrong ones {wrong:.3g}"
        )
    share = free / bound if bound > 0 else 1.0
    return decided(share < FREED and bound - free > MATTERS * abs(first), sentence, share, FREED)
