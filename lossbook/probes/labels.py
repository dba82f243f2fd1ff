"""Decisive tests for causes in the labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lossbook.probes.base import Batch, Probe, Reading, Setup, output_of
from lossbook.probes.made_up import is_class_list, probabilities

STEPS = 120  # on the batches seen: what any healthy run needs to learn most of them, a warm-up of 50 steps included
SAME = 0.85  # held-out loss over that after permuting: healthy runs at most 0.55, misaligned ones at least 0.95
BY_HEART = 0.7  # last loss over the first, on twenty examples: runs that train at all reach 0.4 or less
NEAR = 0.9  # see _strangers; digits 0.1, shifted by half an image 0.7, noisy ones 0.8; misaligned ones at least 0.98
SAMPLE = 400  # examples whose losses are computed one by one
TAIL = 0.15  # share in the tail beyond the held-out one: healthy runs at most 0.02, noisy ones at least 0.3
LEARNT = 0.4  # share of held-out examples in the tail, above which too little was learnt to tell: noisy runs 0.1
RARE = 0.5  # of an even share
ENOUGH = 20  # examples in an even share: of 4, chance leaves a class none; of 20, with 0.5 % it leaves less than half
RECALL_GAP = 0.2  # between frequent and rare classes: broken runs at least 0.9; mended ones have no rare class


def labels_misaligned(setup: Setup) -> Reading:
    """Train with the labels as they are, and with the labels of each batch permuted: held-out examples tell them apart.

    If images and labels belong together, permuting them makes the held-out loss much worse. If nothing changes, they
    did not belong together before; unless the training learns nothing whatever, which twenty examples show. A training
    that learns those alone has another fault if examples that look alike have like labels, which no training is
    needed to see.
    """
    strangers = _strangers(setup)
    if strangers < NEAR:
        return Reading(False, f"labels of examples that look alike differ {strangers:.2f} times as much as any two")
    rng = np.random.default_rng(0)
    permuted = tuple((x, y[torch.from_numpy(rng.permutation(len(y))).to(y.device)]) for x, y in setup.batches)
    as_given, mixed = (_held_out_loss(replace(setup, batches=given)) for given in (setup.batches, permuted))
    reading = f"the held-out loss is {as_given:.3g} with the labels as they are and {mixed:.3g} with permuted ones"
    if not as_given > SAME * mixed:
        return Reading(False, reading)
    few = first(20, joined(setup.batches))
    _, losses = replace(setup, batches=(few,)).train(setup.start, STEPS)
    learns = bool(losses[-1] < BY_HEART * losses[0])
    return Reading(learns, f"{reading}; on twenty examples the loss goes from {losses[0]:.3g} to {losses[-1]:.3g}")


def noisy_labels(setup: Setup) -> Reading:
    """Sort the training examples by their loss now: do many more of them cost more than knowing nothing, than held out?

    Where labels are right, training examples cost no more than held-out ones. Wrong labels lie in a tail far above:
    the model is surer of another class than of this one. The tail begins at the loss before training. What a model has
    learnt by heart is not in it, so that there must be too many examples, or too few steps, for that.
    """
    training = first(SAMPLE, joined(setup.batches))
    held_out = first(SAMPLE, setup.held_out)
    chance = setup.loss_on(setup.start.model, training)
    tail, expected = (float((losses_of(setup, batch) > chance).mean()) for batch in (training, held_out))
    reading = f"{tail:.0%} of training examples cost more than knowing nothing, of held-out ones {expected:.0%}"
    return Reading(expected < LEARNT and tail - expected > TAIL, reading)


def class_imbalance(setup: Setup) -> Reading:
    """Count the classes of the batches, and the predictions: are frequent classes found, and rare ones not?

    A class counts as rare if it has less than half of an even share. The recall of a class is the share of its held-out
    examples that are predicted as such.
    """
    y, (held_x, held_y) = joined(setup.batches)[1], setup.held_out
    output = output_of(setup.now.model, held_x)
    if not is_class_list(y) or y.shape[1:] != held_y.shape[1:] or output.ndim != 2 or int(y.max()) >= output.shape[-1]:
        return Reading(False, "the targets are not one class for each example")
    there = (held_y >= 0) & (held_y < output.shape[-1])  # others are left out of the loss
    output, held_y, y = output[there], held_y[there].long(), y[y >= 0].long()
    counts = torch.bincount(y, minlength=output.shape[-1])
    hits = (output.argmax(-1) == held_y).double()
    even = len(y) / len(counts)
    if even < ENOUGH:
        return Reading(False, f"{len(y)} examples of {len(counts)} classes are too few to tell")
    rare = (counts < RARE * even)[held_y]
    if not rare.any() or rare.all():
        return Reading(False, f"the rarest class has {int(counts.min())} of {len(y)} examples")
    seldom, often = float(hits[rare].mean()), float(hits[~rare].mean())
    reading = f"rare classes are found in {seldom:.0%} of cases, frequent ones in {often:.0%}; "
    reading += f"counts in the batches, over all epochs: {counts.tolist()}"
    return Reading(often - seldom > RECALL_GAP, reading)


def joined(batches: tuple[Batch, ...]) -> tuple[Tensor, Tensor]:
    """All examples, one after another, as one batch."""
    xs, ys = zip(*batches, strict=True)
    return torch.cat(xs), torch.cat(ys)


def first(n: int, batch: Batch) -> Batch:
    """The first examples of a batch."""
    return batch[0][:n], batch[1][:n]


def losses_of(setup: Setup, batch: Batch) -> np.ndarray:
    """The loss of each example by itself, now; of each twice, since a loss that squeezes would lose a batch of one."""
    output, target = output_of(setup.now.model, batch[0]), batch[1]
    return np.array([float(setup.loss.value(output[[i, i]], target[[i, i]])) for i in range(len(target))])


def _strangers(setup: Setup) -> float:
    """How far a held-out target is from that of the most similar example seen, over the same with targets permuted."""
    (x, y), (held_x, held_y) = joined(setup.batches), first(SAMPLE, setup.held_out)
    nearest = torch.cdist(held_x.flatten(1).float(), x.flatten(1).float()).argmin(dim=1)
    mixed = torch.from_numpy(np.random.default_rng(0).permutation(len(y))).to(y.device)
    as_given, by_chance = (_distance(target[nearest], held_y) for target in (y, y[mixed]))
    return as_given / by_chance if by_chance > 0 else 1.0


def _distance(y: Tensor, other: Tensor) -> float:
    """The share of classes that differ, of distributions the most likely ones; the mean distance of numbers."""
    y, other = (part.argmax(-1) if part.is_floating_point() and probabilities(part) else part for part in (y, other))
    y, other = y.reshape(len(y), -1), other.reshape(len(other), -1)
    return float((y - other).abs().mean() if y.is_floating_point() else (y != other).float().mean())


def _held_out_loss(setup: Setup) -> float:
    trained, _ = setup.train(setup.start, STEPS)
    return setup.loss_on(trained.model, setup.held_out)


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "labels-misaligned": labels_misaligned,
    "noisy-labels": noisy_labels,
    "class-imbalance": class_imbalance,
}
