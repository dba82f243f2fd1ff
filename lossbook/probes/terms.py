"""Decisive tests for causes in the terms and the operations of which a loss is made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from lossbook.evidence import Batch, Case, pair_loss, unwrapped
from lossbook.evidence.domains import LOGARITHM
from lossbook.evidence.replay import train
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Limit, Mend, Probe, Reading, Trial, decided, missing, with_trial
from lossbook.probes.dropped_losses import dropped
from lossbook.probes.examples import is_mask
from lossbook.probes.loss_terms import (
    LossOf,
    cost_of_the_truth,
    looks_at_targets,
    nth_term,
    own_answers,
    pulls,
    weighted,
    weights_of,
)
from lossbook.probes.lost_term import (
    have_learned,
    lost_term_added,
    moved_outputs,
    unused_targets,
    without_gradient,
)
from lossbook.probes.operations import kept_defined, seen_undefined, undefined_at

#: name -> what a test compares with, and the runs between which it stands
LIMITS: dict[str, Limit] = {
    # fall of the faint term as it is over its fall where it pulls as hard as the strongest one
    "starved": Limit(0.2, ("program", 0.43), ("term-drowned", 0.05)),
}
MEANT = 0.03  # of what a term costs, by which it costs more with the targets of other examples if it looks at each
LEARNED = 0.1  # the same, of a term that has learned something of each example
STARVED = LIMITS["starved"].value
#: what a term costs more with others' targets, over the same of a copy in which it pulls as hard as the strongest: two
#: programs: 0.75 healthy, 0.3 drowned
SHARE = 0.5
TOLD = 0.3  # the same, of a term that has learned much of each example
STARK, USUAL = 100.0, (0.1, 10.0)  # so many times fainter, by no weight: factors in the lines of a loss between these
OUTWEIGHED = 10.0  # gradient norm of the strongest term over that of another one, from which this one is tried
STEPS = 120  # of each of two trainings
MOST_STEPS = 120  # that are replayed until a loss is not finite


def loss_term_lost(case: Case) -> Reading:
    """Look for trained parameters without a gradient that move the outputs, and for targets that the loss passes over.

    Each by itself may be on purpose, as with outputs that are not trained on yet. Both together say that a term of the
    loss is missing: somebody gives what it needs, and the optimiser waits for its gradient. So do such parameters where
    the loop makes a loss of what they move, and trains on another one; or where the model makes one that gets lost.
    """
    model, batch = unwrapped(case.start.model), case.batches[0]
    silent = without_gradient(case, model)
    if case.seen.whole_loss is False:  # a replay of one of several terms reaches fewer
        silent = [name for name in silent if name in (case.seen.no_gradient or ())]
    if not silent:
        return Reading("not found", "the loss reaches every parameter that the optimiser holds, or none", 0, 0)
    sentence = f"{len(silent)} parameters of the optimiser, {silent[0]} the first, get no gradient while others do"
    if have_learned(case, silent):
        return Reading("not found", f"{sentence} in a replay, but in the training they moved", len(silent), 0)
    moved = moved_outputs(case, model, silent, batch)
    never = set(silent) <= set(case.seen.no_gradient or ())  # not for a few steps only
    if not moved and never and (count := dropped(case, silent)):
        losses = "a loss of them is" if count == 1 else f"{count} losses of them are"
        return decided(True, f"{sentence}; {losses} computed, and dropped before backward()", count, 0)
    if not moved:
        return Reading("not found", f"{sentence}; they do not move the outputs alone", len(silent), 0)
    passed_over = bool({part.leaf for part in moved} & set(case.seen.passed_over or ())) and batch.calls == 1
    if passed_over and never:
        sentence = f"{sentence}; a loss of what they move is computed, and backward() does not run on it"
        return decided(True, sentence, len(silent), 0)
    if case.loss is None or not tensors(batch.target):
        return Reading("does not apply", "the loss is no function of outputs and of targets that are tensors")
    if not unused_targets(case, model, batch):
        sentence = f"{sentence}, and move the outputs; whether the loss should look at these cannot be seen"
        return Reading("cannot tell", sentence, len(silent), 0)
    sentence = f"{sentence}, and the loss looks at neither their outputs nor a part of the targets"
    return decided(True, sentence, len(silent), 0)


def undefined_operation(case: Case) -> Reading:
    """Replay the training up to the first loss that is not finite, and look for the operation that made it so.

    It is one that has no value or no slope for what it got: a root of 0, a division by 0, a softmax of a row in which
    all is masked. What merely grows too large meets none. A logarithm of 0 is a cause of its own. Between a pass of the
    model and the loss, the operation was seen as it happened, and nothing is replayed.
    """
    seen = case.seen.first_bad
    if seen is not None and seen.operation is not None:
        reading = seen_undefined(case)
        if seen.operation.operation != LOGARITHM:
            return reading
        return replace(reading, outcome="not found", sentence=f"{reading.sentence}: a logarithm")
    if (lacking := missing(case, ("batches", "loss of batches"))) is not None:
        return lacking
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


def loss_terms_unbalanced(case: Case) -> Reading:
    """Measure the gradient of each term; let a faint one that looks at the targets pull as hard as the strongest.

    A term may be faint on purpose, or because it has little to do. It is starved if it falls more than 1 / ``STARVED``
    times as far when it is counted more often. It is, too, if it falls to what one answer for all examples costs and no
    further, while it tells the examples apart where it is trained on alone, as where a code carries nothing. Where no
    weight was chosen, and the units alone make a term more than ``STARK`` times fainter, it is if in the end it tells
    the examples less than half as well apart as a copy does in which it counts more often. So it is, whatever it pulls
    at the start, if one answer for all costs less than right ones: the others then forbid what it asks for. The terms
    are those of a sum that forward or loss writes as one.
    """
    norms = pulls(case, _loss_of(case))
    if len(norms) < 2:
        return Reading("does not apply", "the loss is no sum of terms, as far as can be seen")
    number = _faint_term(case, norms)
    ratio = max(norms) / min(norms) if min(norms) else float("inf")
    sentence = f"the gradients of the {len(norms)} terms differ by a factor of {ratio:.3g} at most"
    if (costs := cost_of_the_truth(case)) is not None and costs.truth_is_dearer:
        sentence = f"{sentence}; right answers cost {costs.right:.3g}, and one for all places {costs.one_for_all:.3g}"
        return decided(True, sentence, costs.right / costs.one_for_all if costs.one_for_all > 0 else None, 1.0)
    if number is None:
        return Reading("not found", sentence)
    factor = max(norms) / norms[number]
    term = nth_term(_loss_of(case), number)
    ends = [
        train(case, case.start, STEPS, loss_of=loss_of, measure=term)
        for loss_of in (_loss_of(case), weighted(_loss_of(case), number, factor))
    ]
    as_is, balanced = (float(losses[0] - losses[-STEPS // 3 :].mean()) for _, losses in ends)
    sentence = (
        f"term {number + 1} of {len(norms)} pulls {factor:.3g} times fainter than the strongest one, and falls by"
    )
    sentence = f"{sentence} {as_is:.3g}; counted so many times, it falls by {balanced:.3g}"
    share = as_is / balanced if balanced > 0 else float("inf")
    own = own_answers(case, case.now.model, term)
    change = f"the faintest of {len(norms)} terms, whose own loss this is, was counted {factor:.3g} times"
    trial = Trial(change, tuple(map(float, ends[0][1])), tuple(map(float, ends[1][1])))
    if share < STARVED:
        return with_trial(decided(True, sentence, share, STARVED), trial)
    if own > MEANT:
        could = own_answers(case, ends[1][0].model, term)
        sentence = f"{sentence}; with the targets of other examples it costs {own:.0%} more in the end, and {could:.0%}"
        sentence = f"{sentence} more if it counts so many times"
        told = own / could if could > TOLD and factor > STARK and _as_they_are(case) else 1.0
        return with_trial(decided(told < SHARE, sentence, told, SHARE), trial)
    steps = min(STEPS, len(case.log.loss.values))  # it may have learned nothing yet because they were few
    alone = train(case, case.start, steps, loss_of=term)[0].model
    told = own_answers(case, alone, term)
    sentence = (
        f"term {number + 1} of {len(norms)} pulls {factor:.3g} times fainter than the strongest one; in the end it"
    )
    sentence = f"{sentence} costs no more with the targets of other examples, and {told:.0%} more if trained on alone"
    return decided(told > LEARNED, sentence, told, LEARNED)


def _as_they_are(case: Case) -> bool:
    """Whether the terms are added up without weights that somebody has chosen, or with such as change little."""
    weights = weights_of(_loss_of(case), unwrapped(case.start.model), case.batches[0])
    return all(USUAL[0] <= abs(weight) <= USUAL[1] for weight in weights)


def _loss_of(case: Case) -> LossOf:
    """The loss of the data, without a penalty that the training adds."""
    assert case.loss_of is not None
    return case.loss_of if case.loss is None else pair_loss(case.loss)


def _faint_term(case: Case, norms: list[float], outweighed: float = OUTWEIGHED) -> int | None:
    """The term that looks at the targets and is outweighed the most; None if none is so many times."""
    for number in np.argsort(norms).tolist():
        if norms[number] == 0:
            continue
        if max(norms) < outweighed * norms[number]:
            return None
        if looks_at_targets(nth_term(_loss_of(case), number), unwrapped(case.start.model), case.batches[0]):
            return int(number)
    return None


def balanced(case: Case) -> Mend | None:
    """The faint term counted so often that it pulls as hard as the strongest one; alone, where that is too little."""
    norms = pulls(case, _loss_of(case))
    costs = cost_of_the_truth(case)
    drowned = costs is not None and costs.truth_is_dearer
    number = _faint_term(case, norms, 0.0 if drowned else OUTWEIGHED) if len(norms) > 1 else None
    if number is None:
        return None
    assert case.loss_of is not None
    term = nth_term(_loss_of(case), number)
    if drowned or own_answers(case, case.now.model, term) <= MEANT:
        mended = replace(case, loss=None, loss_of=term)
        return Mend(f"the faintest of {len(norms)} terms was trained on alone", mended, steps=STEPS)
    factor = max(norms) / norms[number]
    mended = replace(case, loss_of=weighted(case.loss_of, number, factor))
    return Mend(f"the faintest of {len(norms)} terms was counted {factor:.3g} times", mended)


def _floats(batch: Batch) -> list[torch.Tensor]:
    return [each for each in tensors(tuple(batch)) if each.is_floating_point() and not is_mask(each)]


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "loss-term-lost": Probe(loss_term_lost, ("batches", "loss of batches", "optimizer"), mend=lost_term_added),
    "loss-terms-unbalanced": Probe(
        loss_terms_unbalanced, ("batches", "loss of batches", "optimizer"), steps=3 * STEPS, mend=balanced
    ),
    "undefined-operation": Probe(undefined_operation, ("losses",), steps=2 * MOST_STEPS, mend=kept_defined),
}
NO_MEND: dict[str, str] = {}  #: key of the cause -> why it has none
