"""A state that is cut at every step of a sequence: of a long input, only one place sends a gradient back."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Mend, Reading
from lossbook.probes.confirming import LONG, can_be_trained, confirmed
from lossbook.probes.model_mends import cuts_passed_over
from lossbook.probes.rewired import Instead, uncut
from lossbook.probes.trials import STEPS

LEAST = 4  # places of an input that is a sequence
WIDE = 0.5  # share of all places, which send a gradient back where nothing is cut


def cut_in_time(case: Case) -> Reading | None:
    """Whether the output hangs on many places, and a gradient leads back to one of them; None if it does not.

    A state may be cut now and then, as between two long pieces of a text: more than one place is then left. To cut it
    may be meant, too, so that it is a cause only if the training ends clearly lower without.
    """
    if not can_be_trained(case):
        return None
    for axis in (1, 0):
        own, other = (_places(case.start.model, case.batches[0], axis, passed=passed) for passed in (False, True))
        if own is None or other is None or len(own) < LEAST:
            continue
        if int(own.sum()) == 1 and float(other.double().mean()) >= WIDE and bool((other & ~own).any()):
            sentence = (
                f"of {len(own)} places of the input, 1 sends a gradient back, and {int(other.sum())} if nothing is cut"
            )
            return confirmed(Reading("found", sentence, 1, 1), case, _uncut)
    return None


def _uncut(case: Case) -> Mend:
    steps = min(max(len(case.log.loss.values), STEPS), LONG)
    return cuts_passed_over(case)._replace(steps=steps)


def _places(model: nn.Module, batch: Batch, axis: int, *, passed: bool) -> Tensor | None:
    """At which places along the axis a number counts for the slope of the output, or of its last place.

    Args:
        passed: detach and no_grad are passed over.
    """
    if batch.calls > 1 or batch.script is not None:
        return None
    copy, read = copied_model(unwrapped(model), shared=[]), list[Tensor]()
    for part in copy.modules():
        if isinstance(part, nn.Embedding):
            part.register_forward_hook(lambda _part, _given, output: read.append(output))
    x = _sequence(batch)
    if x is not None:
        given, x = x, x.detach().clone().requires_grad_()
        entered = x.clone()  # for what works in place
        batch = batch.map(lambda each: entered if each is given else each)
    try:
        with quiet(copy), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            with Instead(uncut) if passed else nullcontext():
                output = batch.output(copy)
            return _touched([x] if x is not None else read, output, axis)
    except RuntimeError:  # NumPy takes no tensor that requires a gradient
        return None


def _sequence(batch: Batch) -> Tensor | None:
    """The one tensor of rows of numbers in places among the inputs; a state that is given beside it has none."""
    floats = [each for each in tensors((batch.inputs, batch.kwargs)) if each.is_floating_point()]
    rows = [each for each in floats if each.ndim == 3]
    return rows[0] if len(rows) == 1 else None


def _touched(inputs: list[Tensor], output: Any, axis: int) -> Tensor | None:
    inputs = [each for each in inputs if each.requires_grad]
    if not isinstance(output, Tensor) or output.grad_fn is None or not inputs:
        return None
    if len({each.shape for each in inputs}) > 1 or inputs[0].ndim != (3 if len(inputs) == 1 else 2):
        return None
    length = inputs[0].shape[axis] if len(inputs) == 1 else len(inputs)
    if output.ndim == 3 and output.shape[axis] == length:
        output = output.select(axis, -1)
    weights = torch.arange(1, output.numel() + 1).to(output)  # a plain sum of probabilities would be constant
    slopes = torch.autograd.grad((weights * output.flatten()).sum(), inputs, allow_unused=True)
    full = [torch.zeros_like(each) if slope is None else slope for slope, each in zip(slopes, inputs, strict=True)]
    whole = full[0].movedim(axis, 0) if len(full) == 1 else torch.stack(full)
    return whole.reshape(length, -1).ne(0).any(dim=1)
