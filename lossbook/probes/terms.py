"""Decisive tests for causes in the terms and the operations of which a loss is made."""

from __future__ import annotations

import numpy as np
import torch

from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import train
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Limit, Probe, Reading, decided
from lossbook.probes.examples import is_mask
from lossbook.probes.lost_term import (
    have_learned,
    lost_term_added,
    moved_outputs,
    unused_targets,
    without_gradient,
)
from lossbook.probes.operations import LOGARITHM, kept_defined, undefined_at

LIMITS: dict[str, Limit] = {}  #: name -> what a test compares with, and the runs between which it stands
MOST_STEPS = 120  # that are replayed until a loss is not finite


def loss_term_lost(case: Case) -> Reading:
    """Look for trained parameters without a gradient that move the outputs, and for targets that the loss passes over.

    Each by itself may be on purpose, as with outputs that are not trained on yet. Both together say that a term of the
    loss is missing: somebody gives what it needs, and the optimiser waits for its gradient.
    """
    model, batch = unwrapped(case.start.model), case.batches[0]
    if not tensors(batch.target):
        return Reading("does not apply", "the targets are no tensors")
    silent = without_gradient(case, model)
    if not silent:
        return Reading("not found", "the loss reaches every parameter that the optimiser holds, or none", 0, 0)
    sentence = f"{len(silent)} parameters of the optimiser, {silent[0]} the first, get no gradient while others do"
    if have_learned(case, silent):
        return Reading("not found", f"{sentence} in a replay, but in the training they moved", len(silent), 0)
    if not moved_outputs(case, model, silent, batch):
        return Reading("not found", f"{sentence}; they do not move the outputs alone", len(silent), 0)
    if not unused_targets(case, model, batch):
        sentence = f"{sentence}, and move the outputs; whether the loss should look at these cannot be seen"
        return Reading("cannot tell", sentence, len(silent), 0)
    sentence = f"{sentence}, and the loss looks at neither their outputs nor a part of the targets"
    return decided(True, sentence, len(silent), 0)


def undefined_operation(case: Case) -> Reading:
    """Replay the training up to the first loss that is not finite, and look for the operation that made it so.

    It is one that has no value or no slope for what it got: a root of 0, a division by 0, a softmax of a row in which
    all is masked. What merely grows too large meets none. A logarithm of 0 is a cause of its own.
    """
    bad = np.flatnonzero(~np.isfinite(case.log.loss.values))
    if not len(bad):
        return Reading("not found", "every loss is finite")
    for batch in case.batches:
        if not all(bool(torch.isfinite(each).all()) for each in _floats(batch)):
            return Reading("not found", "the data themselves are not finite")
    step = int(bad[0])
    if step >= MOST_STEPS:
        return Reading(
            "cannot tell", f"the first loss that is not finite is that of step {step}, too late for a replay"
        )
    found = None
    for before in dict.fromkeys((max(step - 1, 0), step)):  # a gradient spoils the loss of the step after
        state = train(case, case.start, before)[0] if before else case.start
        if not all(bool(torch.isfinite(param).all()) for param in state.model.parameters()):
            break
        found = undefined_at(case, unwrapped(state.model), case.batches[before % len(case.batches)])
        if found is not None:
            break
    if found is None:
        return Reading("not found", f"up to the loss of step {step}, no operation is undefined for what it gets")
    where = "on the way back" if found.backward else "on the way to the loss"
    sentence = f"at step {before}, {where}, {found.operation} {found.why}, in {found.places} places"
    if found.operation == LOGARITHM:
        return Reading("not found", f"{sentence}: a logarithm", found.places, 0)
    return decided(True, f"{sentence}, while all weights are finite", found.places, 0)


def _floats(batch: Batch) -> list[torch.Tensor]:
    return [each for each in tensors(tuple(batch)) if each.is_floating_point() and not is_mask(each)]


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "loss-term-lost": Probe(
        loss_term_lost, ("batches", "loss of batches", "loss of outputs", "optimizer"), mend=lost_term_added
    ),
    "undefined-operation": Probe(
        undefined_operation, ("losses", "batches", "loss of batches"), steps=2 * MOST_STEPS, mend=kept_defined
    ),
}
NO_MEND: dict[str, str] = {}  #: key of the cause -> why it has none
