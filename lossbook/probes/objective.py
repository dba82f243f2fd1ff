"""Decisive tests for causes in the loss and the metric.

Most of them look at the loss alone, with outputs that are made for it; none needs to know which loss it is.
"""

from __future__ import annotations

import copy
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from lossbook.losses.class_loss import is_distribution
from lossbook.metrics import Accuracy
from lossbook.probes.base import Batch, Finding, Probe, Setup, output_of

FEW, FEW_STEPS = 4, 20  # examples and steps of a short training
AWAY = -0.1  # cosine, see _towards; runs with the right sign: at least +0.3; flipped: at most -0.28
CONFIDENT = 20.0  # a logit that leaves no doubt, and from which a softmax in float32 comes back
SATURATED = 200.0  # a logit beyond which softmax and sigmoid in float32 are exactly 0 or 1
PULL = 0.1  # gradient at a wrong answer over that at an open one; losses that fit: at least 1; broken: below 1e-7
DOUBLES = 1.5  # loss of a doubled batch over that of the batch: 1 for a mean, 2 for a sum
SAME = 1e-4  # relative difference of two losses that are equal but for rounding
HITS = 0.05  # difference of two accuracies; rounding and ties make less than 0.01
UNKNOWN = "the targets are neither one class per example nor as many numbers as the outputs"


def loss_sign_flipped(setup: Setup) -> Finding:
    """Train a copy on a few examples with a tenth of the learning rate: the outputs move away from the true answers.

    A step down the right loss, if it is small, cannot do that on its own examples. Running statistics, as those of
    batch norm, move the outputs too, and are the same for both. Threshold ``AWAY``.
    """
    if not _one_answer_each(*_example(setup)):
        return Finding(False, UNKNOWN)
    x, y = setup.batches[0][0][:FEW], setup.batches[0][1][:FEW]
    trained, _ = replace(setup, batches=((x, y),)).train(setup.start, FEW_STEPS, lr_scale=0.1)
    untrained = copy.deepcopy(trained.model)
    untrained.load_state_dict(dict(setup.start.model.named_parameters()), strict=False)
    towards = _towards(output_of(untrained, x), output_of(trained.model, x), y)
    reading = f"{FEW_STEPS} small steps on {len(x)} examples move their outputs towards the true answers by a cosine of"
    return Finding(towards < AWAY, f"{reading} {towards:+.2f}")


def softmax_before_cross_entropy(setup: Setup) -> Finding:
    """Look at the outputs, and add one number to all of them: rows that sum to 1, and a loss that stays the same.

    Only a loss that applies a softmax itself does not see the number added, and probabilities are no logits.
    """
    output, y = _example(setup)
    if not _probabilities(output):
        return Finding(False, "the outputs are no probabilities")
    plain, shifted = float(setup.loss.value(output, y)), float(setup.loss.value(output + 1, y))
    reading = (
        f"each row of outputs sums to 1, and adding 1 to all of them moves the loss from {plain:.4f} to {shifted:.4f}"
    )
    return Finding(_close(plain, shifted), reading)


def probabilities_into_nll(setup: Setup) -> Finding:
    """Look at the outputs and at the first loss: probabilities, and a loss below 0.

    Minus the logarithm of a probability is never below 0; minus a probability always is.
    """
    output, y = _example(setup)
    loss = float(setup.loss.value(output, y))
    kind = "rows that sum to 1" if _probabilities(output) else "no probabilities"
    return Finding(_probabilities(output) and loss < 0, f"the outputs are {kind}, and the first loss is {loss:.3f}")


def log_of_zero(setup: Setup) -> Finding:
    """Give the loss outputs that leave no doubt, all right or all wrong: it becomes infinite or NaN.

    A loss on logits is at most as large as they are. ``SATURATED`` logits end up in probabilities of exactly 0 and 1.
    """
    output, y = _example(setup)
    if not _one_answer_each(output, y):
        return Finding(False, UNKNOWN)
    answers = {"right": _answers(output, y, SATURATED), "wrong": _answers(output, y, -SATURATED)}
    losses = {name: float(setup.loss.value(answer, y)) for name, answer in answers.items()}
    reading = (
        f"the loss is {losses['right']:.4g} where the model is sure and right, {losses['wrong']:.4g} where it is wrong"
    )
    return Finding(not all(map(_finite, losses.values())), reading)


def wrong_loss(setup: Setup) -> Finding:
    """Give the loss outputs that are sure and wrong, and outputs that are open: the wrong ones have no gradient.

    A loss that fits pulls hardest where the answer is wrong. Threshold ``PULL``.
    """
    output, y = _example(setup)
    if not _one_answer_each(output, y):
        return Finding(False, UNKNOWN)
    wrong, undecided = (_pull(setup, output, y, scale) for scale in (-CONFIDENT, 0.0))
    reading = f"the gradient is {wrong:.2g} where the model is sure and wrong, {undecided:.2g} where it is undecided"
    return Finding(wrong <= PULL * undecided, reading)


def sum_reduction(setup: Setup) -> Finding:
    """Put the batch together with itself: the loss doubles, where a mean stays. Threshold ``DOUBLES``."""
    output, y = _example(setup)
    once = float(setup.loss.value(output, y))
    twice = float(setup.loss.value(torch.cat([output, output]), torch.cat([y, y])))
    reading = f"the loss of {len(y)} examples is {once:.4g}, of the same ones twice {twice:.4g}"
    return Finding(abs(twice) > DOUBLES * abs(once), reading)


def broadcast_loss(setup: Setup) -> Finding:
    """Give the targets the shape of the outputs: the loss is another one, since it had broadcast the two.

    Applies where there are as many numbers in the outputs as in the targets.
    """
    output, y = _example(setup)
    shapes = f"outputs {tuple(output.shape)} and targets {tuple(y.shape)}"
    if output.shape == y.shape or output.numel() != y.numel():
        return Finding(False, f"nothing to broadcast between {shapes}")
    as_is, alike = (float(setup.loss.value(output, target)) for target in (y, y.reshape(output.shape)))
    reading = f"with {shapes} the loss is {as_is:.4g}, with targets of the outputs' shape {alike:.4g}"
    return Finding(not _close(as_is, alike), reading)


def wrong_metric(setup: Setup) -> Finding:
    """Count the hits on held-out examples by hand: the share is not what the metric says. Threshold ``HITS``.

    Applies to targets that are classes.
    """
    x, y = setup.held_out
    output = output_of(setup.now.model, x)
    if (classes := _classes(output, y)) is None:
        return Finding(False, "the targets are no classes, and hits cannot be counted")
    by_hand, metric = float(Accuracy().value(output, classes)), float(setup.experiment.metric.value(output, y))
    return Finding(abs(by_hand - metric) > HITS, f"the metric says {metric:.3f}, hits counted by hand {by_hand:.3f}")


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


def _classes(output: Tensor, y: Tensor) -> Tensor | None:
    """The true classes, of distributions the most likely ones; None if the targets are numbers."""
    if y.shape == output.shape and _probabilities(y):
        return y.argmax(-1)
    return y if not y.is_floating_point() and y.shape == output.shape[:-1] else None


def _one_answer_each(output: Tensor, y: Tensor) -> bool:
    return _classes(output, y) is not None or output.numel() == y.numel()


def _probabilities(output: Tensor) -> bool:
    return output.ndim > 1 and output.shape[-1] > 1 and is_distribution(torch, output)


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * abs(a)


def _finite(value: float) -> bool:
    return abs(value) < float("inf")


def _towards(before: Tensor, after: Tensor, y: Tensor) -> float:
    """The cosine between the outputs' move and their way to the true answers; 0 if they did not move."""
    move, classes = after - before, _classes(before, y)
    if classes is None:
        y = y.reshape(before.shape)
        yes_or_no = bool(((y == 0) | (y == 1)).all())  # the outputs are logits then, which have no end
        way = 2 * y - 1 if yes_or_no else y - before
    else:
        move = move - move.mean(-1, keepdim=True)  # what is added to all classes alike changes no answer
        way = F.one_hot(classes, before.shape[-1]) - 1 / before.shape[-1]
    return float(F.cosine_similarity(move.flatten(), way.flatten().to(move), dim=0))


def _answers(output: Tensor, y: Tensor, scale: float) -> Tensor:
    """Outputs of the model's shape and kind, sure of the true answer; with a ``scale`` below 0, of any other."""
    if (classes := _classes(output, y)) is None:
        y = y.reshape(output.shape)
        return scale * torch.sign(y - y.mean())
    logits = scale * F.one_hot(classes, output.shape[-1]).to(output)
    return torch.softmax(logits, dim=-1) if _probabilities(output) else logits


def _pull(setup: Setup, output: Tensor, y: Tensor, scale: float) -> float:
    """The norm of the loss's gradient with respect to such answers."""
    answers = _answers(output, y, scale).requires_grad_()
    return float(torch.autograd.grad(setup.loss.value(answers, y), answers)[0].norm())
