"""Decisive tests for causes in the terms of which a loss is made."""

from __future__ import annotations

from lossbook.evidence import Case, unwrapped
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Limit, Probe, Reading, decided
from lossbook.probes.lost_term import (
    have_learned,
    lost_term_added,
    moved_outputs,
    unused_targets,
    without_gradient,
)

LIMITS: dict[str, Limit] = {}  #: name -> what a test compares with, and the runs between which it stands


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


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "loss-term-lost": Probe(
        loss_term_lost, ("batches", "loss of batches", "loss of outputs", "optimizer"), mend=lost_term_added
    ),
}
NO_MEND: dict[str, str] = {}  #: key of the cause -> why it has none
