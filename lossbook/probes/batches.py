"""Decisive tests for causes in how the batches are read: the same one again, or another one than is stored."""

from __future__ import annotations

from lossbook.evidence import Case
from lossbook.probes.base import Limit, Probe, Reading, decided

#: name -> the number that decides, between two runs; of a scenario with a cause, the healthy run is the mended one
LIMITS: dict[str, Limit] = {
    "different": Limit(0.3, ("all", 1.0), ("same-batch-repeated", 0.005)),  # batches over those that should have come
}
DIFFERENT = LIMITS["different"].value
ENOUGH = 5  # batches that should have come, from which on it is no accident that they are alike


def same_batch_repeated(case: Case) -> Reading:
    """Count the batches that came and are not alike, out of those that should have come: one a step, in an epoch.

    How many there are in an epoch only the data tell. Where all data are one batch, it has to come again.
    """
    seen = case.seen
    different, came = len(set(seen.fingerprints or ())), len(seen.fingerprints or ())
    sentence = f"{different} different batches came in {came} forward passes"
    if seen.in_data is None:
        outcome = "not found" if different > DIFFERENT * came else "cannot tell"
        return Reading(outcome, f"{sentence}; how many the data hold was not told: give data")
    expected = min(seen.in_data, came, seen.steps or 0)
    sentence = f"{sentence}; the data hold {seen.in_data}"
    if expected < ENOUGH:
        return Reading("does not apply" if seen.in_data < ENOUGH else "cannot tell", sentence)
    return decided(different < DIFFERENT * expected, sentence, min(different / expected, 1.0), DIFFERENT)


#: key of the cause -> why no change that a case allows lowers its training loss
NO_MEND: dict[str, str] = {
    "same-batch-repeated": "the loss of the one batch is low, and no other batch was seen",
}

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "same-batch-repeated": Probe(same_batch_repeated, ("seen batches",)),
}
