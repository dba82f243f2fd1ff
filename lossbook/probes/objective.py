"""Decisive tests for causes in the loss and the metric.

Most of them look at the loss alone, with outputs that are made for it; none needs to know which loss it is.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from lossbook.copying import copied_model
from lossbook.probes.base import Batch, Probe, Reading, Setup, output_of
from lossbook.probes.made_up import (
    answers,
    class_axis,
    is_class_list,
    one_answer_each,
    one_hot,
    probabilities,
    pull,
    towards,
    true_classes,
    value_of,
    yes_or_no,
)

FEW, FEW_STEPS = 4, 20  # examples and steps of a short training
AWAY = -0.1  # cosine, see towards; runs with the right sign: at least +0.3; flipped: at most -0.28
CONFIDENT = 20.0  # a logit that leaves no doubt, and from which a softmax in float32 comes back
SATURATED = 200.0  # a logit beyond which softmax and sigmoid in float32 are exactly 0 or 1
PULL = 0.1  # gradient at a wrong answer over that at an open one; losses that fit: at least 1; broken: below 1e-7
DOUBLES = 1.5  # loss of a doubled batch over that of the batch: 1 for a mean, 2 for a sum
SAME = 1e-4  # relative difference of two losses that are equal but for rounding
HITS = 0.05  # difference of two accuracies; rounding and ties make less than 0.01
UNKNOWN = "the targets are neither one class per example or place nor as many numbers as the outputs"
REFUSED = "the loss does not take outputs that are made up"


def loss_sign_flipped(setup: Setup) -> Reading:
    """Train a copy on a few examples with a tenth of the learning rate: the outputs move away from the true answers.

    A step down the right loss, if it is small, cannot do that on its own examples. Running statistics, as those of
    batch norm, move the outputs too, and are the same for both. Threshold ``AWAY``.
    """
    if not one_answer_each(setup, *_example(setup)):
        return Reading(False, UNKNOWN)
    x, y = setup.batches[0][0][:FEW], setup.batches[0][1][:FEW]
    trained, _ = replace(setup, batches=((x, y),)).train(setup.start, FEW_STEPS, lr_scale=0.1)
    untrained = copied_model(trained.model)
    untrained.load_state_dict(dict(setup.start.model.named_parameters()), strict=False)
    cosine = towards(setup, output_of(untrained, x), output_of(trained.model, x), y)
    reading = f"{FEW_STEPS} small steps on {len(x)} examples move their outputs towards the true answers by a cosine of"
    return Reading(cosine < AWAY, f"{reading} {cosine:+.2f}")


def softmax_before_cross_entropy(setup: Setup) -> Reading:
    """Look at the outputs, and add one number to all of them: rows that sum to 1, and a loss that stays the same.

    Only a loss that applies a softmax itself does not see the number added, and probabilities are no logits.
    """
    output, y = _example(setup)
    if not probabilities(output):
        return Reading(False, "the outputs are no probabilities")
    plain, shifted = (value_of(setup.loss, outputs, y) for outputs in (output, output + 1))
    if shifted is None or plain is None:  # a loss that takes probabilities only
        return Reading(False, REFUSED)
    reading = (
        f"each row of outputs sums to 1, and adding 1 to all of them moves the loss from {plain:.4g} to {shifted:.4g}"
    )
    return Reading(_close(plain, shifted), reading)


def probabilities_into_nll(setup: Setup) -> Reading:
    """Look at the outputs and at the first loss: probabilities, and a loss below 0.

    Minus the logarithm of a probability is never below 0; minus a probability always is.
    """
    output, y = _example(setup)
    loss = float(setup.loss.value(output, y))
    kind = "rows that sum to 1" if probabilities(output) else "no probabilities"
    return Reading(probabilities(output) and loss < 0, f"the outputs are {kind}, and the first loss is {loss:.3g}")


def log_of_zero(setup: Setup) -> Reading:
    """Give the loss outputs that leave no doubt, all right or all wrong: it becomes infinite or NaN.

    A loss on logits is at most as large as they are. ``SATURATED`` logits end up in probabilities of exactly 0 and 1.
    Applies to targets that are classes or probabilities.
    """
    output, y = _example(setup)
    if not one_answer_each(setup, output, y):
        return Reading(False, UNKNOWN)
    if true_classes(setup, output, y) is None and not bool(((y >= 0) & (y <= 1)).all()):
        return Reading(False, "the targets are numbers, of which no output can be too sure")
    right, wrong = (value_of(setup.loss, answers(setup, output, y, scale), y) for scale in (SATURATED, -SATURATED))
    if right is None or wrong is None:
        return Reading(False, REFUSED)
    reading = f"the loss is {right:.4g} where the model is sure and right, {wrong:.4g} where it is wrong"
    return Reading(not (math.isfinite(right) and math.isfinite(wrong)), reading)


def wrong_loss(setup: Setup) -> Reading:
    """Give the loss outputs that are sure and wrong, and outputs that are open: the wrong ones have no gradient.

    A loss that fits pulls hardest where the answer is wrong. Of numbers, those on the other side of the mean are wrong.
    Threshold ``PULL``.
    """
    output, y = _example(setup)
    if not one_answer_each(setup, output, y):
        return Reading(False, UNKNOWN)
    if true_classes(setup, output, y) is not None or yes_or_no(y):
        sure, *others = (answers(setup, output, y, scale) for scale in (-CONFIDENT, 0.0))
    elif y.unique().numel() < 2:
        return Reading(False, "the targets are all the same number, and no answer is wrong")
    else:  # numbers: each as far on the other side of the mean; the mean, and what is right for other examples
        numbers = y.to(output).reshape(output.shape)
        sure, *others = 2 * numbers.mean() - numbers, torch.full_like(numbers, float(numbers.mean())), numbers.flip(0)
    wrong, *pulls = (pull(setup.loss, made, y) for made in (sure, *others))
    if wrong is None or None in pulls:
        return Reading(False, REFUSED)
    undecided = min(number for number in pulls if number is not None)
    reading = f"the gradient is {wrong:.2g} where the model is sure and wrong, {undecided:.2g} where it is undecided"
    return Reading(wrong <= PULL * undecided, reading)


def sum_reduction(setup: Setup) -> Reading:
    """Put the batch together with itself: the loss doubles, where a mean stays. Threshold ``DOUBLES``."""
    output, y = _example(setup)
    once = float(setup.loss.value(output, y))
    twice = float(setup.loss.value(torch.cat([output, output]), torch.cat([y, y])))
    reading = f"the loss of {len(y)} examples is {once:.4g}, of the same ones twice {twice:.4g}"
    return Reading(abs(twice) > DOUBLES * abs(once), reading)


def broadcast_loss(setup: Setup) -> Reading:
    """Compute the loss two examples at a time, and with targets of the outputs' shape: what the batch costs is neither.

    Of a loss that compares each output with its own target, the mean over pairs of examples is that of the batch, or
    their sum is. Applies where there are as many numbers in the outputs as in the targets, in another shape.
    """
    output, y = _example(setup)
    shapes = f"outputs {tuple(output.shape)} and targets {tuple(y.shape)}"
    if output.shape == y.shape or output.numel() != y.numel() or len(output) != len(y) or len(y) < 4:
        return Reading(False, f"nothing to broadcast between {shapes}")
    output, y = output[: len(y) // 2 * 2], y[: len(y) // 2 * 2]
    pairs = [float(setup.loss.value(*pair)) for pair in zip(output.split(2), y.split(2), strict=True)]
    as_is, mean = float(setup.loss.value(output, y)), sum(pairs) / len(pairs)
    reading = f"with {shapes} the loss is {as_is:.4g}, the mean over pairs of examples {mean:.4g}"
    if _close(as_is, mean) or _close(as_is, sum(pairs)):
        return Reading(False, reading)
    alike = value_of(setup.loss, output, y.reshape(output.shape))
    if alike is None:
        return Reading(False, REFUSED)
    if _close(as_is, alike):
        return Reading(False, f"{reading}, with targets of the outputs' shape {alike:.4g}")
    crossed = "the shapes differ, so each output was compared with each target"
    return Reading(True, f"{reading}, with targets of the outputs' shape {alike:.4g}; {crossed}")


def wrong_metric(setup: Setup) -> Reading:
    """Count the hits on held-out examples by hand: the share is not what the metric says. Threshold ``HITS``.

    Applies to targets of one class for each example. A metric that is right about answers which are all right and all
    wrong, as an error rate or the ten best guesses, may be another measure, and is none of the kind that is meant.
    """
    x, y = setup.held_out
    output = output_of(setup.now.model, x)
    if not is_class_list(y) or class_axis(setup.loss, output, y) != 1:
        return Reading(False, "the targets are not one class for each example, and hits cannot be counted")
    by_hand, metric = float((output.argmax(1) == y).double().mean()), float(setup.experiment.metric.value(output, y))
    reading = f"the metric says {metric:.3g}, hits counted by hand {by_hand:.3g}"
    return Reading(abs(by_hand - metric) > HITS and not _knows_right_from_wrong(setup, output, y), reading)


def _knows_right_from_wrong(setup: Setup, output: Tensor, y: Tensor) -> bool:
    """Whether the metric is 1 for answers that are all right, or 0 for them and at least 1 for those all wrong."""
    classes = output.shape[1]
    right, *wrong = (
        float(setup.experiment.metric.value(CONFIDENT * one_hot((y + shift) % classes, output, 1), y))
        for shift in range(classes)
    )
    return abs(right - 1) <= HITS or (abs(right) <= HITS and all(value >= 1 - HITS for value in wrong))


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "loss-sign-flipped": loss_sign_flipped,
    "softmax-before-cross-entropy": softmax_before_cross_entropy,
    "probabilities-into-nll": probabilities_into_nll,
    "log-of-zero": log_of_zero,
    "wrong-loss": wrong_loss,
    "sum-reduction": sum_reduction,
    "broadcast-loss": broadcast_loss,
    "wrong-metric": wrong_metric,
}


def _example(setup: Setup) -> Batch:
    """The fresh model's outputs on the first batch, and their targets."""
    x, y = setup.batches[0]
    return output_of(setup.start.model, x), y


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * abs(a)
