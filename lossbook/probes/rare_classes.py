"""The decisive test for classes that are too rare to be named."""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of
from lossbook.probes.base import Limit, Reading, decided
from lossbook.probes.examples import how_many, joined
from lossbook.probes.made_up import REFUSALS, class_axis, is_class_list
from lossbook.probes.one_by_one import predicted_classes, ranked_above

RECALL = Limit(0.5, ("all", 0.0), ("class-imbalance", 0.89))  # of frequent classes, less that of rare ones
RARE = 0.5  # of an even share
LEAST = 5  # examples of a class, below which it says nothing that none of them is named
ENOUGH = 20  # examples in an even share: of 4, chance leaves a class none; of 20, with 0.5 % it leaves less than half
MOST = 0.8  # of the places
WEIGHED = 1.5  # times that a loss counts the rarest class more than the most frequent one: it was chosen so
RANKED = 0.9  # share of pairs of a rare and another example, in which the outputs of the trained net are in order


def class_imbalance(case: Case) -> Reading:
    """Count the classes of the batches, and the predictions: are frequent classes found, and rare ones not?

    A class counts as rare if it has less than half of an even share, and ``LEAST`` examples. The recall of a class is
    the share of its held-out examples that are predicted as such. Applies to one class, or one yes or no, for each
    example. Without held-out examples those of the training are asked, and it is the cause where the outputs are higher
    for what is rare: it could be told apart, and is not named. What is rare and cannot be told apart may be left to a
    probability.

    Of sequences and pictures with a class for each place, places are counted. There a class must hold ``MOST`` of them,
    since of many classes, as of letters, the rare ones are learnt last, and they must be told apart in any case.

    A loss that already counts the rarest class more, ``WEIGHED`` times, was chosen by somebody who knows of it.
    """
    every = joined(case.batches)
    asked = every if case.held_out is None or not _is_alike(case.held_out, every) else case.held_out
    y = every.target
    if not isinstance(y, Tensor) or not y.ndim:
        return Reading("does not apply", "the targets are not one class for each example")
    output = output_of(case.now.model, asked)
    axis = class_axis(case.loss, output, asked.target) if isinstance(output, Tensor) and y.ndim > 1 else None
    raw = output
    if axis is None:
        predicted = predicted_classes(case, output, y)
        output = output.flatten() if predicted is not None and predicted.numel() > len(output) else output
    else:
        output = output.movedim(axis, -1).flatten(0, -2)
        predicted = output.argmax(-1)
    if predicted is None or asked.target.numel() != len(predicted):
        return Reading("does not apply", "the targets are not one class for each example")
    classes = output.shape[-1] if is_class_list(y) or axis is not None else 2
    in_places = axis is not None or len(predicted) > asked.size
    asked_y = asked.target.flatten()
    there = (asked_y >= 0) & (asked_y < classes)  # others are left out of the loss
    output, predicted, asked_y = output[there], predicted[there], asked_y[there].long()
    y = y.flatten()[y.flatten() >= 0].long()
    counts = torch.bincount(y, minlength=classes)
    even = len(y) / classes
    different = how_many(every)
    if (seen := len(y) if different is None else min(len(y), different)) < ENOUGH * classes:
        return Reading("cannot tell", f"{seen} different examples of {classes} classes are too few to tell")
    if axis is None and (more := _counts_more(case, raw, counts, even)) is not None and more > WEIGHED:
        sentence = f"the loss counts the rarest class {more:.3g} times as much as the most frequent one"
        return decided(False, f"{sentence}: somebody has thought of it", more, WEIGHED)
    rare = ((counts < RARE * even) & (counts >= LEAST))[asked_y]
    if not rare.any() or rare.all():
        sentence = f"the rarest class has {int(counts.min())} of {len(y)} examples"
        return decided(False, sentence, 0.0, RECALL.value)
    if in_places and not counts.max() > MOST * len(y):
        share = int(counts.max()) / len(y)
        return Reading("does not apply", f"of places, the most frequent class holds {share:.0%}, not nearly all")
    hits = (predicted == asked_y).double()
    seldom, often = float(hits[rare].mean()), float(hits[~rare].mean())
    sentence = f"rare classes are found in {seldom:.0%} of cases, frequent ones in {often:.0%}; "
    sentence += f"counts in the batches that were kept: {counts.tolist()}"
    if (asked is every or in_places) and often - seldom > RECALL.value:
        ranks = min(ranked_above(output, asked_y, int(one)) for one in asked_y[rare].unique())
        sentence += f"; of a rare and another example the output tells in {ranks:.0%} of cases which is which"
        return decided(ranks > RANKED, sentence, ranks, RANKED)
    return decided(often - seldom > RECALL.value, sentence, often - seldom, RECALL.value)


def _counts_more(case: Case, output: Tensor, counts: Tensor, even: float) -> float | None:
    """How many times as hard the loss pulls at an open answer of the rarest class than at one of the most frequent.

    None where no class is rare, or the loss does not take answers that are made up.
    """
    if not counts.min() < RARE * even or case.loss is None:
        return None
    y = case.batches[0].target[:2].clone()
    is_share = len(counts) == 2 and output.numel() == len(output) and bool(((output >= 0) & (output <= 1)).all())
    made = torch.full((2, *output.shape[1:]), 0.5 if is_share else 0.0).to(output).requires_grad_()
    y[0], y[1] = int(counts.argmin()), int(counts.argmax())
    try:
        slope = torch.autograd.grad(case.loss(made, y), made)[0].reshape(2, -1)
    except REFUSALS:
        return None
    rarest, usual = slope.norm(dim=1).tolist()
    return rarest / usual if usual > 0 else None


def _is_alike(held_out: Batch, every: Batch) -> bool:
    """Whether the targets of held-out examples have the form of those of the training."""
    return isinstance(held_out.target, Tensor) and held_out.target.ndim == every.target.ndim
