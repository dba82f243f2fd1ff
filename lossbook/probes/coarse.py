"""The decisive test of numbers that are too coarse: the same training in single precision."""

from __future__ import annotations

from dataclasses import replace

import torch

from lossbook.evidence import Case
from lossbook.evidence.replay import gradients
from lossbook.probes.base import Limit, Mend, Reading, decided
from lossbook.probes.step_size import compared
from lossbook.probes.trials import STEPS, end_of

LIMITS = {
    # share of the gradient's entries that are exactly zero in the training and not so in single precision
    "revived": Limit(0.2, ("all", 0.0), ("low-precision", 0.85)),
}
REVIVED = LIMITS["revived"].value
TINY = 1e-6  # of which size most of a gradient must be, where half precision leaves zeros of it: its steps are 6e-8
LATER = 0.5  # as REVIVED, of the last step: at the first one gradients are large
HALVES = torch.float16, torch.bfloat16
LONG = 300  # steps, at most, of a training in single precision


def low_precision(case: Case) -> Reading:
    """Compare the zeros of the gradients that the training stepped by with those of the same batch in single precision.

    A zero that stays is one in any precision, such as that of a pixel that is black in the whole batch. Where the
    weights themselves are of half precision, the same training in single precision ends clearly lower: after as many
    steps as the run had, since what is rounded away is missed the more, the smaller the steps become; ``LONG`` at most.
    """
    if (single := in_single_precision(case)) is not None:
        steps = _as_many(case)
        own, other = end_of(case, steps=steps), end_of(single.case, steps=steps)
        sentence = f"after {steps} steps the loss is {own:.3g}, with weights in single precision {other:.3g}"
        return compared(single.case, other, own, sentence)
    seen = case.seen.zero_share.values[0]
    grads = [grad.flatten() for grad in gradients(case, case.start.model, case.batches[0]).values() if grad is not None]
    if not grads:
        return Reading("does not apply", "there is no gradient")
    plain = float((torch.cat(grads) == 0).double().mean())
    sentence = f"{seen:.0%} of the gradient was exactly zero at the first step, and is {plain:.0%} in single precision"
    reading = decided(seen - plain > REVIVED, sentence, seen - plain, REVIVED)
    return reading if reading.found else _in_the_end(case) or reading


def _in_the_end(case: Case) -> Reading | None:
    """Whether the zeros came later, as the gradients grew small, where it was seen that half precision may be at work.

    That is so under autocast, and where something else than the model is called in its place.
    """
    if case.seen.autocast != "float16" and case.seen.forwards:
        return None
    grads = gradients(case, case.now.model, case.batches[0]).values()
    whole = torch.cat([grad.flatten().abs() for grad in grads if grad is not None])
    if not whole.any() or not float(whole[whole > 0].median()) < TINY:
        return None
    seen, plain = case.seen.zero_share.values[-1], float((whole == 0).double().mean())
    sentence = f"{seen:.0%} of the gradient was exactly zero at the last step, and is {plain:.0%} in single precision"
    return Reading("found", sentence, seen - plain, LATER) if seen - plain > LATER else None


def in_single_precision(case: Case) -> Mend | None:
    """Weights and inputs of half precision in single precision; None where there are no such weights."""
    if not any(param.dtype in HALVES for param in case.start.model.parameters()):
        return None
    start = case.start.copy(shared=[])
    start.model.float()
    batches = tuple(batch.map(lambda each: each.float() if each.dtype in HALVES else each) for batch in case.batches)
    mended = replace(case, start=start, batches=batches)
    return Mend("weights and inputs were put in single precision", mended, steps=_as_many(case))


def _as_many(case: Case) -> int:
    """Steps of a training in which what was rounded away shows: those of the run, within bounds."""
    return min(max(len(case.log.loss.values), STEPS), LONG)
