"""Trainings one after another in one loop, as for cross-validation: each begins where the first one began."""

from __future__ import annotations

from lossbook.evidence import Case
from lossbook.probes.examples import how_many, joined

LEAST = 1.5  # times that each example came before the first return; a training set back in each epoch: 1


def begins_anew(case: Case) -> bool:
    """Whether all weights and the optimiser's state went back together, and only after examples had come again.

    What is set back by mistake in each epoch is so before any example comes twice.
    """
    seen = case.seen
    back, lost = seen.set_back or (), seen.state_lost or ()
    if not back or back != lost or seen.model_changed or seen.optimizer_changed:
        return False
    first = case.batches[: back[0]]
    different = how_many(every := joined(first)) if first else None
    return different is not None and every.size > LEAST * different
