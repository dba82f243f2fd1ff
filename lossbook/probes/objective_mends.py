"""Mends for causes in the loss, each made from a case alone: another loss of the same outputs and targets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Mend
from lossbook.probes.logits import are_no_logarithms
from lossbook.probes.made_up import answers, are_probabilities, probabilities, pull, true_classes, value_of, yes_or_no
from lossbook.probes.output_range import reach
from lossbook.probes.squashed import squashed_twice

SURE = (50.0, 40.0, 30.0, 20.0, 15.0, 10.0)  # logits, of which the largest is taken that the loss bears
NEARLY = 1e-6  # how near to 0 and 1 a probability may come whose odds are taken
TINY = 1e-30  # the least probability whose logarithm is taken


def with_loss(case: Case, loss: Callable[[Any, Any], Tensor]) -> Case:
    """The training with another loss, and its own penalty."""

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        value = loss(batch.output(model), batch.target)
        return value if case.penalty is None else value + sum(map(case.penalty.value, model.parameters()))

    return replace(case, loss=loss, loss_of=loss_of)


def negated(case: Case) -> Mend:
    """The loss with the other sign."""
    change, own, own_of = "the loss was negated", case.loss, case.loss_of
    if own is not None:
        return Mend(change, with_loss(case, lambda output, y: -own(output, y)))
    assert own_of is not None
    return Mend(change, replace(case, loss_of=lambda model, batch: -own_of(model, batch)))


def of_logarithms(case: Case) -> Mend:
    """The loss of the outputs' logarithms. A softmax of them is what it was, so that they are logits too.

    Of probabilities that do not sum to 1, one by one, the logarithm of their odds. Of logits, the loss that was meant.
    """
    own, batch = _loss(case), case.batches[0]
    output = output_of(case.start.model, batch)
    if isinstance(output, Tensor) and (twice := squashed_twice(case, output, batch.target)) is not None:
        return Mend("the loss took the logits as they are", with_loss(case, twice[1]), steps=200)
    if isinstance(output, Tensor) and are_no_logarithms(case, output, batch.target) and float(output.min()) < 0:
        axis = true_classes(case, output, batch.target)[1]  # type: ignore[index]
        mended = with_loss(case, lambda output, y: own(output.log_softmax(axis), y))
        return Mend("the loss was given the logarithms of the outputs' softmax", mended)
    if isinstance(output, Tensor) and not are_probabilities(case, output, batch.target):
        mended = with_loss(case, lambda output, y: own(torch.logit(output, eps=NEARLY), y))
        return Mend("the loss was given the logarithms of the outputs' odds", mended, steps=200)
    mended = with_loss(case, lambda output, y: own(output.clamp_min(TINY).log(), y))
    return Mend("the loss was given the logarithms of the outputs", mended, steps=200)  # it was not flat, but faint


def within_bounds(case: Case) -> Mend | None:
    """The loss of outputs that are kept where it is finite; its gradient passes, as if they had not been cut off."""
    y = case.batches[0].target
    if case.loss is None or not isinstance(y, Tensor):
        return None
    own, output = _loss(case), output_of(case.start.model, case.batches[0])
    for sure in SURE:
        ends = answers(case, output, y, sure), answers(case, output, y, -sure)
        low, high = float(torch.stack(ends).min()), float(torch.stack(ends).max())
        far = [low + (high - low) * (made - made.min()) / (made.max() - made.min()) for made in ends]
        seen = [how(own, made.clone(), y) for made in far for how in (value_of, pull)]
        if all(number is not None and math.isfinite(number) for number in seen):
            break
    else:
        return None

    def loss(output: Tensor, y: Any) -> Tensor:
        return own(output + (output.clamp(low, high) - output).detach(), y)

    change = f"the outputs were kept within {low:.3g} to {high:.3g} for the loss"
    return Mend(change, with_loss(case, loss), steps=120)  # until it would have failed


def fitting(case: Case) -> Mend | None:
    """The loss that belongs to targets and outputs: cross entropy of classes, of yes and no; squares of numbers."""
    output, y = output_of(case.start.model, case.batches[0]), case.batches[0].target
    found = true_classes(case, output, y)
    if found is not None:
        axis, made = found[1], probabilities(output, found[1])
        name = "cross entropy"

        def loss(output: Tensor, y: Any) -> Tensor:
            logits = output.clamp_min(TINY).log() if made else output
            return F.cross_entropy(logits.movedim(axis, 1), y if y.shape != output.shape else y.movedim(axis, 1))

    elif yes_or_no(y):
        ends = reach(case.start.model, case.batches[0])
        made = ends is not None and ends.low >= 0 and ends.high <= 1
        name = "binary cross entropy"

        def loss(output: Tensor, y: Any) -> Tensor:
            of = F.binary_cross_entropy if made else F.binary_cross_entropy_with_logits
            return of(output, y.reshape(output.shape).to(output))

    else:
        name = "the mean squared error"
        if value_of(case.loss, output, y) == value_of(F.mse_loss, output, y.reshape(output.shape).to(output)):
            return None  # the numbers are no numbers, or the outputs none of them

        def loss(output: Tensor, y: Any) -> Tensor:
            return F.mse_loss(output, y.reshape(output.shape).to(output))

    return Mend(f"{name} was taken as the loss", with_loss(case, loss))


def divided(case: Case) -> Mend:
    """The loss divided by how many targets it adds up."""
    own = _loss(case)
    return Mend(
        "the loss was divided by the number of targets", with_loss(case, lambda output, y: own(output, y) / y.numel())
    )


def same_shape(case: Case) -> Mend:
    """The targets in the outputs' shape."""
    own = _loss(case)

    def loss(output: Any, y: Tensor) -> Tensor:
        other = of_other_shape(output, y)
        return own(output, y if other is None else y.reshape(other.shape))

    return Mend("the targets were given the outputs' shape", with_loss(case, loss))


def of_other_shape(output: Any, y: Tensor) -> Tensor | None:
    """The one among the outputs that has as many rows and numbers as the targets, and another shape."""
    floats = [each for each in tensors(output) if each.is_floating_point() and each.ndim and y.ndim]
    fit = [each for each in floats if len(each) == len(y) and each.numel() == y.numel()]
    return fit[0] if fit and not any(each.shape == y.shape for each in fit) else None


def _loss(case: Case) -> Callable[[Any, Any], Tensor]:
    assert case.loss is not None
    return case.loss
