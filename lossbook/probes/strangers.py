"""Pairs that do not belong together: they cost next to nothing where all outputs were pulled into one point."""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import loss_on, output_of
from lossbook.evidence.structure import mapped, tensors
from lossbook.probes.base import Reading
from lossbook.probes.collapse import is_lowest
from lossbook.probes.examples import data_loss
from lossbook.probes.inputs import redrawn, where_indices_are_safe
from lossbook.probes.made_up import slope_of, value_of
from lossbook.probes.one_sided import with_other_partners

LEFT = 0.05  # of what strangers cost the fresh model, above the loss of outputs that are all the same
SAME = 1e-4  # of the outputs' spread, which is rounding
DRAWS = 3  # of weights
FIX = "loss = F.cross_entropy(a @ b.T / 0.1, torch.arange(len(a)))  # the other examples of the batch are pushed away"


def strangers_are_together(case: Case, together: float) -> Reading | None:
    """Whether a pair of two that do not belong together costs hardly more than ``together``; else None."""
    other = with_other_partners(case.batches[0])
    if other is None:
        return None
    plain = data_loss(case)
    first, now = (loss_on(plain, each.model, other) - together for each in (case.start, case.now))
    if not first > 0 or not now < LEFT * first:
        return None
    sentence = "no loss is lower than that of outputs that are all the same, and it pulls all of them there: pairs that"
    sentence = f"{sentence} do not belong together cost {now + together:.3g}, at the start {first + together:.3g}"
    return Reading("found", sentence, now / first, LEFT, certain=True, fix=FIX)


def all_distances_vanish(case: Case) -> Reading | None:
    """The same of a net that gives one number for two inputs, as a distance, which is one and the same for twins.

    Whatever the weights are, twins get it; and the loss pulls all pairs there, and asks nothing else.
    """
    batch = case.batches[0]
    said, twins = output_of(case.start.model, batch), _twins(batch)
    if twins is None or not isinstance(said, Tensor) or not said.is_floating_point() or said.numel() != batch.size:
        return None
    of_twins = _one_number_for(case, twins)
    if of_twins is None:
        return None
    for one in case.batches:
        output = output_of(case.start.model, one)
        slope = slope_of(case.loss, output, one.target)
        if slope is None or not bool((slope * (output - of_twins) > 0).all()):
            return None
    together = value_of(case.loss, torch.full_like(said, of_twins), batch.target)
    return strangers_are_together(case, together) if together is not None and is_lowest(case, together) else None


def _one_number_for(case: Case, twins: Batch) -> float | None:
    found = list[Tensor]()
    for seed in range(DRAWS):
        model, pair = where_indices_are_safe(redrawn(unwrapped(case.start.model), seed), case.batches[0], twins)
        try:
            apart, alike = (output_of(model, each) for each in pair)
        except IndexError:  # what numbers a film is no number of a user
            return None
        if not bool(((alike - alike.flatten()[0]).abs() <= SAME * apart.std()).all()):
            return None
        found.append(alike.flatten()[0])
    first = float(found[0])
    return first if all(abs(float(each) - first) <= SAME * max(abs(first), 1.0) for each in found) else None


def _twins(batch: Batch) -> Batch | None:
    """The batch in which the second of two inputs is the first one again."""
    given = tensors((batch.inputs, batch.kwargs))
    if batch.calls > 1 or batch.script is not None or len(given) != 2 or batch.size < 2:
        return None
    one, two = given
    if one.shape != two.shape or one.dtype != two.dtype or len(one) != batch.size:
        return None
    inputs, kwargs = mapped(lambda each: one if each is two else each, (batch.inputs, batch.kwargs))
    return batch._replace(inputs=inputs, kwargs=kwargs)
