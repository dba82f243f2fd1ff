"""Outputs made up, sure or open, right or wrong, for whatever kind of target there is; and what a loss says of them."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of
from lossbook.losses.class_loss import is_distribution
from lossbook.probes.output_range import Reach, reach

REFUSALS = (RuntimeError, ValueError, TypeError, IndexError)  # how a loss refuses, as torch's BCELoss outside of 0..1
SAME = 1e-4  # relative difference of two losses that are equal but for rounding
MOVED = 1e-3  # the same, of two losses of numbers that were moved
ROUNDING = 1e-5  # relative difference of two values of a loss that are one
HALF = 0.5  # of what a wrong answer costs: a further class costs the same, a second head next to nothing
APART = 1e-2  # relative difference of two slopes that are not one
SURE = 20.0  # a logit that leaves no doubt, and from which a softmax in float32 comes back


def is_class_list(y: Tensor) -> bool:
    """Whether the targets are one class for each example, (N,); negative ones count as left out, as -100 does."""
    return y.ndim == 1 and not y.is_floating_point()


def class_axis(loss: Any, output: Tensor, y: Tensor) -> int | None:
    """The axis of ``output`` on which the classes stand, for a target of one class for each of the other places.

    It is the last one, or, as torch wants it, the second one. Where both would do, that one on which the loss is lower
    for answers that are right. None if the targets are no such classes, among them classes that no output stands for,
    and those of which a loss of embeddings asks only which examples are of one class.
    """
    if y.is_floating_point() or output.ndim != y.ndim + 1:
        return None
    fit = [axis for axis in (output.ndim - 1, 1) if (*output.shape[:axis], *output.shape[axis + 1 :]) == y.shape]
    fit = [axis for axis in dict.fromkeys(fit) if y.numel() and 0 <= int(y.min()) <= int(y.max()) < output.shape[axis]]
    fit = [axis for axis in fit if not _are_names_alone(loss, output, y, axis)]
    if len(fit) < 2:
        return fit[0] if fit else None
    losses = [value_of(loss, one_hot(y, output, axis) * SURE, y) for axis in fit]
    return min(zip(((math.inf if one is None else one) for one in losses), fit, strict=True))[1]


def _are_names_alone(loss: Any, output: Tensor, y: Tensor, axis: int) -> bool:
    """Whether a loss stays the same if each class gets the name of the next one, of these outputs and of sure ones."""
    if y.ndim > 1:
        return False
    for some in (output, one_hot(y, output, axis) * SURE):
        own, renamed = value_of(loss, some, y), value_of(loss, some, (y + 1) % output.shape[axis])
        if own is None or renamed is None or not abs(own - renamed) <= ROUNDING * abs(own):
            return False
    return True


def all_are_classes(loss: Any, output: Tensor, y: Tensor) -> bool:
    """Whether the outputs beyond the classes that occur cost about as much as a wrong class, if they are the surest.

    Else they are something besides, as the outputs of a second head. ``output`` is (N, K), ``y`` (N,).
    """
    seen = int(y.max()) + 1
    right, wrong = (SURE * one_hot(each, output, 1) for each in (y, (y + 1) % seen))
    beyond = right.clone()
    beyond[:, seen:] = 2 * SURE
    costs = [cost for each in (right, wrong, beyond) if (cost := value_of(loss, each, y)) is not None]
    if seen == output.shape[1] or len(costs) < 3:
        return True
    return costs[2] - costs[0] >= HALF * (costs[1] - costs[0])


def one_hot(y: Tensor, like: Tensor, axis: int) -> Tensor:
    """1 at the true class, else 0, in the shape and dtype of outputs."""
    return F.one_hot(y.long(), like.shape[axis]).movedim(-1, axis).to(like)


def value_of(loss: Any, output: Any, y: Tensor) -> float | None:
    """The loss of outputs that are made up; None if it does not take them."""
    try:
        return float(loss(output, y))
    except REFUSALS:
        return None


def true_classes(case: Case, output: Tensor, y: Tensor) -> tuple[Tensor, int] | None:
    """The true classes, of distributions the most likely ones, and the axis of the outputs on which they stand.

    None if the targets are numbers, or leave some classes out.
    """
    if y.shape == output.shape and probabilities(y):
        return y.argmax(-1), output.ndim - 1
    axis = class_axis(case.loss, output, y)
    return None if axis is None else (y, axis)


def one_answer_each(case: Case, output: Tensor, y: Tensor) -> bool:
    """Whether each output, or each row of outputs, has one right answer."""
    return output.numel() == y.numel() or true_classes(case, output, y) is not None


def yes_or_no(y: Tensor) -> bool:
    """Whether all targets are 0 or 1."""
    return bool(((y == 0) | (y == 1)).all())


def probabilities(output: Tensor, axis: int = -1) -> bool:
    """Whether the outputs along an axis are numbers from 0 on that sum to 1."""
    return output.ndim > 1 and output.shape[axis] > 1 and is_distribution(torch, output.movedim(axis, -1))


def close(a: float, b: float) -> bool:
    """Whether two losses are equal but for rounding, by ``SAME``."""
    return abs(a - b) <= SAME * abs(a)


def sees_differences_alone(loss: Any, output: Tensor, y: Tensor, shift: float) -> bool:
    """Whether a loss stays the same if outputs and targets, which are numbers, are moved together."""
    plain, moved = (value_of(loss, output + by, y + by) for by in (0.0, shift))
    return plain is not None and moved is not None and abs(moved - plain) <= MOVED * abs(plain)


def are_probabilities(case: Case, output: Tensor, y: Tensor) -> bool:
    """Whether the outputs sum to 1 on the axis of the classes, or else on the last one."""
    axis = class_axis(case.loss, output, y)
    return probabilities(output, -1 if axis is None else axis)


def log_probabilities(output: Tensor, axis: int) -> bool:
    """Whether the outputs along an axis are logarithms of numbers that sum to 1."""
    return output.ndim > 1 and output.shape[axis] > 1 and probabilities(output.exp(), axis)


def normalised_as(like: Tensor, output: Tensor, axis: int | None) -> Tensor:
    """Outputs that are made up: as logarithms of probabilities along an axis, where those of the model are such."""
    return output if axis is None or not log_probabilities(like, axis) else output.log_softmax(axis)


def knowing_nothing(case: Case, output: Tensor, y: Any) -> float | None:
    """The loss of outputs that are all alike: no class is likelier than another, or the mean of the targets."""
    if not isinstance(y, Tensor):
        return None
    if not y.is_floating_point():
        axis = class_axis(case.loss, output, y)
        return value_of(case.loss, normalised_as(output, torch.zeros_like(output), axis), y)
    if output.numel() != y.numel() or len(output) != len(y):
        return None
    mean = y.to(output).reshape(output.shape).mean(0, keepdim=True)
    return value_of(case.loss, mean.expand_as(output).clone(), y)


def cost_of_one_answer(case: Case, batch: Batch) -> float | None:
    """What a batch costs if all its examples get one answer; None if its loss does not take such outputs."""
    output = output_of(case.start.model, batch)
    if case.loss is None or not isinstance(output, Tensor) or not output.is_floating_point():
        return None
    return knowing_nothing(case, output, batch.target)


def towards(case: Case, before: Tensor, after: Tensor, y: Tensor) -> float:
    """The cosine between the outputs' move and their way to the true answers; 0 if they did not move."""
    move = after - before
    if (found := true_classes(case, before, y)) is None:
        y = y.reshape(before.shape)
        logits = yes_or_no(y) and pull(case.loss, y.to(before), y) != 0  # squares pull no more where an output is y
        way = 2 * y - 1 if logits else y - before  # logits for yes and no have no end
    else:
        classes, axis = found
        move = move - move.mean(axis, keepdim=True)  # what is added to all classes alike changes no answer
        way = one_hot(classes, before, axis) - 1 / before.shape[axis]
    return float(F.cosine_similarity(move.flatten(), way.flatten().to(move), dim=0))


def answers(case: Case, output: Tensor, y: Tensor, scale: float) -> Tensor:
    """Outputs of the model's shape and kind, sure of the true answer; with a ``scale`` below 0, of any other."""
    if (found := true_classes(case, output, y)) is None:
        y = y.to(output).reshape(output.shape)
        sure = scale * torch.sign(y - y.mean())
    else:
        sure = scale * one_hot(found[0], output, found[1])
        if probabilities(output, found[1]):
            return torch.softmax(sure, dim=found[1])
    low, high = reach(case.start.model, case.batches[0]) or Reach()
    if math.isfinite(low) and math.isfinite(high):
        return low + (high - low) * torch.sigmoid(sure)  # as the activation at the end would make of it
    return sure.clamp(low, high)


def pull(loss: Any, output: Tensor, y: Tensor) -> float | None:
    """The norm of the loss's gradient with respect to outputs that are made up; None if it does not take them."""
    slope = slope_of(loss, output, y)
    return None if slope is None else float(slope.norm())


def judged_together(case: Case, some: Tensor, other: Tensor, y: Tensor) -> bool:
    """Whether what the loss makes of one answer hangs on the others: its slope there is another one if these change.

    Args:
        case: the training.
        some, other: two outputs that are made up; every second answer is taken from the other one.
        y: their targets.
    """
    found = true_classes(case, some, y)
    places = torch.arange(some.numel() if found is None else some.numel() // some.shape[found[1]]) % 2 == 0
    if found is None:
        mask = places.reshape(some.shape)
    else:
        axis = found[1]
        shape = (*some.shape[:axis], 1, *some.shape[axis + 1 :])
        mask = places.reshape(shape).expand(some.shape)
    mask = mask.to(some.device)
    slopes = [slope_of(case.loss, made, y) for made in (other, torch.where(mask, other, some))]
    if any(slope is None for slope in slopes):
        return False
    alone, among = (slope[mask] for slope in slopes if slope is not None)
    return bool((alone - among).norm() > APART * alone.norm())


def slope_of(loss: Any, output: Tensor, y: Tensor) -> Tensor | None:
    """The gradient of the loss by the outputs; None also where the loss is no number, as of a probability of -6."""
    output = output.detach().clone().requires_grad_()
    try:
        value = loss(output, y)
        return None if bool(value.isnan()) else torch.autograd.grad(value, output)[0]
    except REFUSALS:
        return None


def knows_right_from_wrong(metric: Any, output: Tensor, y: Tensor, slack: float) -> bool:
    """Whether the metric is 1 for answers that are all right, or 0 for them and at least 1 for those all wrong."""
    classes = output.shape[1]
    right, *wrong = (
        float(metric.value(SURE * one_hot((y + shift) % classes, output, 1), y)) for shift in range(classes)
    )
    return abs(right - 1) <= slack or (abs(right) <= slack and all(value >= 1 - slack for value in wrong))
