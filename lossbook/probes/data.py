"""Decisive tests for causes in the inputs: their scale, how they are prepared and varied, and their order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lossbook.probes.base import Batch, Probe, Reading, Setup
from lossbook.probes.labels import joined
from lossbook.probes.made_up import is_class_list

SCALE = 3.0  # largest standard deviation, and mean, of inputs that count as scaled: healthy runs at most 1, bytes 78
STEPS = 60  # of training again
FALLS = 0.8  # mean loss of the last ten steps over that of the run as it is, below which the change has helped
A_THIRD = 1 / 3  # fall with augmentation over that without: too strong at most 0.1, right ones at least 0.6
APART = 1.0  # means, or scales, apart, in the training data's deviations: healthy runs at most 0.05, broken ones 40
WINDOW = 64  # examples in a row in which the classes are counted
ORDERED = 0.6  # entropy of a window over that of shuffled ones: healthy runs at least 0.9, sorted ones at most 0.3


def unscaled_inputs(setup: Setup) -> Reading:
    """Measure the tensor that enters the net; if it is out of scale, standardise it and train again at the same rate.

    Positive if the loss is lower then: the scale stood in the way, and nothing else changed. Lower means by a fifth.
    """
    x, _ = joined(setup.batches)
    if not x.is_floating_point():
        return Reading(False, "the inputs are no measurements but indices")
    mean, std = float(x.mean()), float(x.std())
    reading = f"inputs have mean {mean:.3g} and standard deviation {std:.3g}"
    if max(abs(mean), std) <= SCALE and std >= 1 / (10 * SCALE):
        return Reading(False, reading)
    standard = tuple(((x - mean) / std, y) for x, y in setup.batches)
    as_is, scaled = (_last_loss(setup, given) for given in (setup.batches, standard))
    reading = f"{reading}; the loss after {STEPS} steps is {as_is:.3g}, with standardised inputs {scaled:.3g}"
    return Reading(bool(np.isfinite(scaled)) and not scaled >= FALLS * as_is, reading)


def preprocessing_mismatch(setup: Setup) -> Reading:
    """Compare the numbers of training inputs and held-out inputs: one pipeline gives both the same mean and deviation.

    The distance of the means and of the deviations is measured in the training data's standard deviations; above one,
    the two were not prepared in one way.
    """
    (x, _), (held_x, _) = joined(setup.batches), setup.held_out
    if not x.is_floating_point():
        return Reading(False, "the inputs are no measurements but indices")
    mean, std, held_mean, held_std = (float(number) for number in (x.mean(), x.std(), held_x.mean(), held_x.std()))
    apart = max(abs(held_mean - mean), abs(held_std - std)) / max(std, 1e-12)
    return Reading(
        apart > APART, f"inputs are {mean:.3g} ± {std:.3g} in training and {held_mean:.3g} ± {held_std:.3g} held out"
    )


def augmentation_too_strong(setup: Setup) -> Reading:
    """Train on held-out examples, once as they are and once augmented: does augmentation keep the loss from falling?

    Held-out examples are what the model shall work on, and are not augmented themselves. An augmentation that varies
    and does not destroy makes the loss fall less, but fall; positive if it falls by less than a third as far.
    """
    if setup.experiment.augment is None:
        return Reading(False, "nothing is augmented")
    plain = tuple(zip(*(part.split(WINDOW) for part in setup.held_out), strict=True))
    rng = np.random.default_rng(0)
    varied = tuple((setup.experiment.augment.apply(x, rng), y) for x, y in plain)
    before = setup.loss_on(setup.start.model, setup.held_out)
    without, augmented = (_last_loss(setup, given) for given in (plain, varied))
    reading = f"the loss falls from {before:.3g} to {augmented:.3g}, without augmentation to {without:.3g}"
    return Reading(before - augmented < A_THIRD * (before - without), reading)


def duplicated_augmentation(setup: Setup) -> Reading:
    """Augment one batch twice: random augmentation gives different images, a generator made anew the same ones."""
    if setup.experiment.augment is None:
        return Reading(False, "nothing is augmented")
    rng, x = np.random.default_rng(0), setup.held_out[0][:WINDOW]
    once, again = setup.experiment.augment.apply(x, rng), setup.experiment.augment.apply(x, rng)
    same = int((once == again).flatten(1).all(1).sum())
    changed = not torch.equal(once, x)
    return Reading(changed and same == len(x), f"of {len(x)} images augmented twice, {same} came out the same")


def data_not_shuffled(setup: Setup) -> Reading:
    """Count the classes among examples that follow each other: their entropy, over that of the same ones shuffled.

    Shuffled examples have nearly the same mixture everywhere. 64 in a row are counted, whatever the batch size. Applies
    to targets of one class for each example.
    """
    _, y = joined(setup.batches)
    if not is_class_list(y):
        return Reading(False, "the targets are not one class for each example, and have no order to be seen")
    y = y[y >= 0]  # what is left out of the loss has no class
    if len(y) < 2 * WINDOW or y.unique().numel() < 2:
        return Reading(False, "the targets are too few to tell, or all of one class")
    mixed = y[torch.from_numpy(np.random.default_rng(0).permutation(len(y))).to(y.device)]
    in_order, shuffled = (
        float(np.mean([_entropy(part) for part in each.split(WINDOW) if len(part) == WINDOW])) for each in (y, mixed)
    )
    share = min(in_order / shuffled, 1.0) if shuffled else 1.0
    return Reading(share < ORDERED, f"{WINDOW} examples in a row have {share:.0%} of the entropy of shuffled ones")


def nonfinite_inputs(setup: Setup) -> Reading:
    """Ask isfinite of every input and target; a single NaN in a batch makes every weight NaN."""
    tensors = [part for batch in (*setup.batches, setup.held_out) for part in batch]
    bad = sum(int((~torch.isfinite(part)).sum()) for part in tensors)
    return Reading(bad > 0, f"{bad} of {sum(part.numel() for part in tensors)} numbers are NaN or infinite")


def _last_loss(setup: Setup, batches: tuple[Batch, ...]) -> float:
    """The mean loss of the last ten steps of a training on these batches, from the start."""
    _, losses = replace(setup, batches=batches).train(setup.start, STEPS)
    return float(losses[-10:].mean())


def _entropy(y: Tensor) -> float:
    """Of the shares of the classes of a list, in nats."""
    p = torch.unique(y, return_counts=True)[1].double() / y.numel()
    return -float((p * p.log()).sum())


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "unscaled-inputs": unscaled_inputs,
    "preprocessing-mismatch": preprocessing_mismatch,
    "augmentation-too-strong": augmentation_too_strong,
    "duplicated-augmentation": duplicated_augmentation,
    "data-not-shuffled": data_not_shuffled,
    "nonfinite-inputs": nonfinite_inputs,
}
