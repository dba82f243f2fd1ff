"""Trainings of which no target can belong to another example: one target for all, the inputs themselves, or a set."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import tensors
from lossbook.probes.made_up import ROUNDING, value_of

ORDERS = 3  #: in which targets are tried


def no_order_matters(case: Case) -> str | None:
    """Why the targets of a training cannot be in a wrong order; None if they can."""
    targets = [batch.target for batch in case.batches]
    if all(bool((y == targets[0][:1]).all()) for y in targets if y.shape[1:] == targets[0].shape[1:]):
        return "the targets are all the same, so that no order of them is another one"
    if all(_is_its_own_target(batch) for batch in case.batches):
        return "the targets are the inputs themselves"
    if _is_of_a_set(case, case.batches[0]):
        return "the loss of a batch stays the same in whatever order its targets stand"
    return None


def _is_its_own_target(batch: Batch) -> bool:
    """Whether the target is one of the inputs, number for number."""
    y = batch.target
    given = tensors((batch.inputs, batch.kwargs))
    return any(each.shape == y.shape and each.dtype == y.dtype and torch.equal(each, y) for each in given)


def _is_of_a_set(case: Case, batch: Batch) -> bool:
    """Whether the loss of outputs that differ from one another stays the same as the targets change places."""
    output, y = output_of(case.start.model, batch), batch.target
    if case.loss is None or not isinstance(output, Tensor) or not output.is_floating_point() or len(output) != len(y):
        return False
    rng = np.random.default_rng(0)
    made = output + output.std().clamp_min(1.0) * torch.from_numpy(rng.standard_normal(output.shape)).to(output)
    first = value_of(case.loss, made, y)
    other_orders = [torch.from_numpy(rng.permutation(len(y))).to(y.device) for _ in range(ORDERS)]
    costs = [value_of(case.loss, made, y[order]) for order in other_orders]
    if not first:
        return False
    return all(cost is not None and abs(cost - first) <= ROUNDING * abs(first) for cost in costs)
