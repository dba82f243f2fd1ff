"""Outputs and targets of different shapes, of which the loss makes all pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import tensors
from lossbook.probes import objective_mends as mends
from lossbook.probes.base import Reading, decided
from lossbook.probes.logits import REFUSED
from lossbook.probes.made_up import SAME, close, value_of

FEW = 6  # examples, of which all pairs are made


def broadcast_loss(case: Case) -> Reading:
    """Compute the loss two examples at a time, and with targets of the outputs' shape: what the batch costs is neither.

    Of a loss that compares each output with its own target, the mean over pairs of examples is that of the batch, or
    their sum is. What compares all with all on purpose is no such loss with other shapes either. Applies where there
    are as many numbers in one of the outputs as in the targets, in another shape; where both have the same shape, the
    loss may change one of them itself.
    """
    y, made = case.batches[0].target, Batch.of(output_of(case.start.model, case.batches[0]), case.batches[0].target)
    output = mends.of_other_shape(made.inputs[0], y)
    if output is None and len(y) >= 4 and (told := _of_all_pairs(case, made.inputs[0], y)) is not None:
        return told
    if output is None or len(y) < 4:
        return Reading("does not apply", "no output has as many numbers as the targets in another shape")
    if not all(bool(torch.isfinite(each).all()) for each in tensors(made.inputs) if each.is_floating_point()):
        return Reading("cannot tell", "the fresh model's outputs are not finite")
    shapes = f"outputs {tuple(output.shape)} and targets {tuple(y.shape)}"
    made = made.first(len(y) // 2 * 2)
    as_is, *pairs = (value_of(case.loss, one.inputs[0], one.target) for one in (made, *made.split(2)))
    known = [pair for pair in pairs if pair is not None]
    if as_is is None or len(known) < len(pairs):
        return REFUSED
    mean = sum(known) / len(known)
    sentence = f"with {shapes} the loss is {as_is:.4g}, the mean over pairs of examples {mean:.4g}"
    if close(as_is, mean) or close(as_is, sum(known)):
        return decided(False, sentence, abs(as_is - mean), SAME * abs(as_is))
    alike = value_of(case.loss, made.inputs[0], made.target.reshape(-1, *output.shape[1:]))
    if alike is None:
        return REFUSED
    sentence = f"{sentence}, with targets of the outputs' shape {alike:.4g}"
    if close(as_is, alike):
        return decided(False, sentence, abs(as_is - alike), SAME * abs(as_is))
    shaped = made._replace(target=made.target.reshape(-1, *output.shape[1:])).split(2)
    straight = [value_of(case.loss, one.inputs[0], one.target) for one in shaped]
    numbers = [each for each in straight if each is not None]
    total, squares = sum(numbers), sum(each**2 for each in numbers)  # a mean, a sum, or the root of a mean
    count = len(straight)
    if not (close(alike, total / count) or close(alike, total) or close(alike**2, squares / count)):
        return decided(False, f"{sentence}: it is no mean over examples either, and may compare all on purpose")
    sentence = f"{sentence}; the shapes differ, so each output was compared with each target"
    return decided(True, sentence, abs(as_is - alike), SAME * abs(as_is))


def _of_all_pairs(case: Case, output: Any, y: Tensor) -> Reading | None:
    """Compare the loss of a few examples with that of each output and its target, and of each output and each target.

    None if it is no mean over all pairs; one that is, and no mean over the examples, tells nothing of who is whose.
    """
    if not isinstance(output, Tensor) or not y.is_floating_point() or output.numel() != y.numel():
        return None
    few = range(min(len(y), FEW))
    whole = value_of(case.loss, output[: len(few)], y[: len(few)])
    pairs = [[value_of(case.loss, output[i : i + 1], y[j : j + 1]) for j in few] for i in few]
    known = np.array(pairs, float)
    if whole is None or not np.isfinite(known).all():
        return None
    own, every = float(np.diag(known).mean()), float(known.mean())
    if not close(whole, every) or close(whole, own) or close(every, own):
        return None
    sentence = (
        f"the loss of {len(few)} examples is {whole:.4g}, as is the mean over all {known.size} pairs of an output and "
        f"a target; that of each output and its own target is {own:.4g}"
    )
    return Reading("found", sentence, abs(whole - own), SAME * abs(whole), certain=True)
