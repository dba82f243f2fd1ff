"""Decisive tests for causes in how the batches are read: the same one again, or another one than is stored."""

from __future__ import annotations

from lossbook.evidence import Case
from lossbook.evidence.replay import loss_on
from lossbook.probes.base import Limit, Probe, Reading, decided
from lossbook.probes.examples import data_loss, joined
from lossbook.probes.rereading import as_first_read, seen_twice

#: name -> the number that decides, between two runs; of a scenario with a cause, the healthy run is the mended one
LIMITS: dict[str, Limit] = {
    "different": Limit(0.3, ("all", 1.0), ("same-batch-repeated", 0.005)),  # batches over those that should have come
    # of the examples that came twice, those that changed in one direction, less those that changed in the other
    "alike": Limit(0.5, ("all", 0.0), ("data-changed-in-place", 0.98)),
}
DIFFERENT, ALIKE = (limit.value for limit in LIMITS.values())
WRITTEN = 0.01  # of the examples that are read twice; of data that are only read, none changes
PILED = 0.5  # of the tensors of a list that came three times
PAIRS = 20  # examples that came twice, from which on their change is no accident
MANY = 100  # forward passes on one batch, after which a model knows it
HEART, FAR = 2.0, 0.08  # held-out loss over that of the one batch, and their distance over the fresh loss: an LSTM on
# one batch of waves 4 and 0.13; a curve through twenty points with little noise 2 and 0.01
ENOUGH = 5  # batches that should have come, from which on it is no accident that they are alike


def same_batch_repeated(case: Case) -> Reading:
    """Count the batches that came and are not alike, out of those that should have come: one a step, in an epoch.

    How many there are in an epoch the data tell; or that more are held out, and the model fails on them. Where all data
    are one batch, it has to come again: a curve that is learned from twenty points may be looked at in two hundred.
    """
    seen = case.seen
    different, came = len(set(seen.fingerprints or ())), len(seen.fingerprints or ())
    sentence = f"{different} different {'batch' if different == 1 else 'batches'} came in {came} forward passes"
    if seen.in_data is None:
        one = came >= MANY * different and came == different * (seen.steps or 0)  # perhaps in pieces, in each step
        if one and (told := _known_by_heart(case, different)) is not None:
            return Reading("found", f"{sentence}; {told}", different / came, DIFFERENT)
        outcome = "not found" if different > DIFFERENT * came else "cannot tell"
        return Reading(outcome, f"{sentence}; how many the data hold was not told: give data")
    expected = min(seen.in_data, came, seen.steps or 0)
    sentence = f"{sentence}; the data hold {seen.in_data}"
    if expected < ENOUGH:
        return Reading("does not apply" if seen.in_data < ENOUGH else "cannot tell", sentence)
    return decided(different < DIFFERENT * expected, sentence, min(different / expected, 1.0), DIFFERENT)


def _known_by_heart(case: Case, pieces: int) -> str | None:
    """What says that the one batch is not all data: more examples are held out, and the trained model fails on those.

    Who has twenty examples in all holds out fewer, or finds that the model is as good on a fine grid between them.
    """
    held_out = case.held_out
    if held_out is None or not pieces <= len(case.batches) or case.loss_of is None:
        return None
    batch = joined(case.batches[:pieces])
    if not held_out.size > batch.size:
        return None
    loss = data_loss(case)
    first, own = (loss_on(loss, each.model, batch) for each in (case.start, case.now))
    other = loss_on(loss, case.now.model, held_out)
    if not (other > HEART * own and other - own > FAR * first):
        return None
    return f"its {batch.size} examples now cost {own:.3g}, and the {held_out.size} that are held out {other:.3g}"


def data_changed_in_place(case: Case) -> Reading:
    """Look for examples that came twice, by the form of their numbers, and compare the scale: did all change alike?

    An augmentation that varies the scale makes some larger and others smaller. What is written into the stored data
    makes all of them larger, or all of them smaller, each time that they are read. Where the data could be copied, the
    copy was read twice, which shows whatever is written, a black square, say. Batches of a list were seen as they came.
    """
    written = case.seen.data_written
    if written is not None and written > WRITTEN:
        sentence = (
            f"{written:.0%} of the data's examples come out otherwise, as reading them before wrote into the data"
        )
        return Reading("found", sentence, written, WRITTEN)
    if case.seen.list_written is not None and case.seen.list_written > PILED:
        share = case.seen.list_written
        sentence = f"{share:.0%} of the list's tensors that enter the model are farther from what they were at first"
        return Reading("found", f"{sentence} each time: the loop writes into the list", share, PILED)
    if case.batches[0].x is None:
        return Reading("does not apply", "the inputs are not one tensor of measurements")
    pairs = seen_twice(case.batches)
    if len(pairs) < PAIRS:
        return Reading("cannot tell", f"of the batches that were kept, {len(pairs)} examples came twice")
    share = float(pairs.mean().abs())
    sentence = f"of {len(pairs)} examples that came twice, {share:.0%} more changed in one direction than in the other"
    return decided(share > ALIKE, sentence, share, ALIKE)


#: key of the cause -> why no change that a case allows lowers its training loss
NO_MEND: dict[str, str] = {
    "same-batch-repeated": "the loss of the one batch is low, and no other batch was seen",
}

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "same-batch-repeated": Probe(same_batch_repeated, ("seen batches",)),
    "data-changed-in-place": Probe(data_changed_in_place, ("batches",), mend=as_first_read),
}
