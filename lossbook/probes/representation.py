"""Decisive tests for causes in what a model makes of its inputs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import fall
from lossbook.evidence.structure import tensors
from lossbook.probes.at_length import stands
from lossbook.probes.base import Limit, Probe, Reading, after, decided
from lossbook.probes.collapse import cost_together, directions, is_relative, kept_apart, spread
from lossbook.probes.fresh import frozen_weights, is_as_drawn
from lossbook.probes.inputs import (
    outputs_stay,
    redrawn,
    shrunk,
    with_level_values,
    with_one_other,
    with_other_examples,
)
from lossbook.probes.lone_numbers import normalised_alone
from lossbook.probes.model_mends import all_parameters, wide_net_beside
from lossbook.probes.strangers import all_distances_vanish, strangers_are_together

#: name -> what a test compares with, and the runs between which it stands
LIMITS: dict[str, Limit] = {
    "spread": Limit(0.05, ("embedding-collapse", 2.0), ("embedding-collapse", 5e-4)),  # of the outputs, over the first
    # fall with the frozen weights over the fall with all weights trained
    "share": Limit(0.5, ("program", 0.7), ("keys-with-a-prefix", 0.03)),
}
SPREAD, SHARE = (LIMITS[name].value for name in ("spread", "share"))
FEWER = 0.5  # directions in which the outputs spread, over those at the start
STEPS = 40  # for which copies are trained
DRAWS = 4  # of weights
STUCK = 0.5  # loss at the end over that at the start; at most 0.5 for healthy runs, but for those at an entropy


def input_ignored(case: Case) -> Reading:
    """Draw all weights anew, and give the examples of a batch other inputs: not one bit of the outputs changes.

    Fresh weights make an output that was zero at first, or whose units were dead, depend on the inputs; no weights do
    where a mask or a wrong line keeps the inputs away. Two changes are tried: all get the inputs of the first; and,
    where the loss is stuck, its numbers in the same places, which leaves alone what fills up, such as padding. Where
    the model gets several tensors of measurements, each is tried alone, if the loss is stuck: one may be kept away.
    A batch of one example gets those of another batch.
    Weights are drawn ``DRAWS`` times, since an output behind a ReLU may be zero on all examples by bad luck. Inputs in
    the thousands are made small, too, since a tanh says no more of them than their sign.
    """
    batch, models = case.batches[0], [redrawn(unwrapped(case.start.model), seed) for seed in range(DRAWS)]
    changes = {
        "all examples get the inputs of the first one": with_other_examples(batch) or _of_another_batch(case),
        "all examples get the numbers of the first one, but for those that fill up": with_level_values(batch),
    }
    for place, other in with_one_other(batch).items():
        changes[f"all examples get tensor {place + 1} of the inputs of the first one"] = other
    ways = {words: other for words, other in changes.items() if other is not None}
    if not ways:
        return Reading("cannot tell", "all examples of the first batch have the same inputs")
    for words, other in ways.items():
        tried = ((model, size(batch), size(other)) for size in (_as_it_is, shrunk) for model in models)
        stays = next((stays for one in tried if not (stays := outputs_stay(*one))), True)
        if stays is None:
            return Reading("cannot tell", "with fresh weights the outputs are not finite")
        if stays and (words == next(iter(changes)) or (_level(case) > STUCK or stands(case))):
            return Reading("found", f"{words}, and with any weights no output changes", 0.0, 0.0)
    return Reading("not found", "with other inputs there are other outputs")


def _of_another_batch(case: Case) -> Batch | None:
    """The first other batch of the same shapes, for a batch of one example."""
    batch, *others = case.batches
    if batch.size > 1:
        return None
    own = tensors((batch.inputs, batch.kwargs))
    for other in others:
        theirs = tensors((other.inputs, other.kwargs))
        if [each.shape for each in own] == [each.shape for each in theirs] and not all(map(torch.equal, own, theirs)):
            return other
    return None


def _as_it_is(batch: Batch) -> Batch:
    return batch


def _level(case: Case) -> float:
    """The loss of the last quarter over the first one."""
    losses = np.array(case.log.loss.values)
    if not len(losses) or not losses[0]:
        return math.nan
    return float(losses[-math.ceil(len(losses) / 4) :].mean() / losses[0])


def representation_collapse(case: Case) -> Reading:
    """Compare the spread of the outputs over examples with that at the start: it is gone. Limit ``SPREAD``.

    Applies to losses that compare outputs with one another, as of triplets, pairs and views: wherever all outputs
    stand in one point, such a loss is the same, the margin often. In classes and numbers each output has a target.

    Where such a loss is lowest in one point, and pulls all outputs there, nothing keeps them apart: it is found if
    pairs that do not belong together cost next to nothing, or if the outputs spread in fewer than ``FEWER`` of the
    directions that they had at first.
    """
    if not is_relative(case):
        apart = "the loss does not merely compare outputs with one another"
        return all_distances_vanish(case) or Reading("does not apply", apart)
    before, after = spread(case.start.model, case), spread(case.now.model, case)
    if not before or after is None:
        return Reading("cannot tell", "the outputs were all the same from the start")
    sentence = f"over the examples the outputs spread by {after:.2g}, at the start by {before:.2g}"
    if after / before >= SPREAD and (together := cost_together(case)) is not None:
        if (found := strangers_are_together(case, together)) is not None:
            return found
        if tensors(case.batches[0].target):
            return decided(False, sentence, after / before, SPREAD)
        first, now = directions(case.start.model, case), directions(case.now.model, case)
        sentence = "no loss is lower than that of outputs that are all the same, and it pulls all of them there: they "
        sentence = f"{sentence}spread in {now:.2g} directions, at the start in {first:.2g}"
        return replace(decided(now < FEWER * first, sentence, now / first, FEWER), certain=True)
    return decided(after / before < SPREAD, sentence, after / before, SPREAD)


def weights_not_loaded(case: Case) -> Reading:
    """Compare the frozen weights with a fresh draw of their modules, and train copies with and without freezing.

    Who freezes weights has trained ones in mind. Random ones can be meant, where they are many and the last layer
    finds in them what it needs; they are the cause if the loss falls more than 1 / ``SHARE`` times as far without.
    What is not frozen is trained in both, even where no optimiser holds it, since that is another cause.
    """
    frozen = frozen_weights(unwrapped(case.start.model))
    if not frozen:
        return Reading("does not apply", "no weights are frozen")
    fresh = [name for name, param, module in frozen if is_as_drawn(param, module)]
    sentence = f"{len(fresh)} of {len(frozen)} frozen weights are spread as torch draws them"
    if not fresh:
        return Reading("not found", sentence)
    both = (all_parameters(case, frozen=too).case for too in (True, False))
    with_all, as_is = (fall(each, each.start, STEPS) for each in both)
    sentence = f"{sentence}, {fresh[0]} the first; the loss falls by {as_is:.3g}, with all trained by {with_all:.3g}"
    share = as_is / with_all if with_all > 0 else math.inf
    return decided(share < SHARE, sentence, share, SHARE)


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "input-ignored": Probe(after(input_ignored, normalised_alone), ("batches",), mend=wide_net_beside),
    "representation-collapse": Probe(representation_collapse, ("batches", "loss of outputs"), mend=kept_apart),
    "weights-not-loaded": Probe(
        weights_not_loaded, ("batches", "loss of batches", "optimizer"), steps=2 * STEPS, mend=all_parameters
    ),
}
NO_MEND: dict[str, str] = {}  #: key of the cause -> why it has none
