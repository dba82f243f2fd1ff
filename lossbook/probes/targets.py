"""Decisive tests for causes in what the targets are: their scale, and what the inputs tell of them."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import loss_on
from lossbook.probes.as_trained import as_it_trains
from lossbook.probes.base import Limit, Probe, Reading, decided, missing, with_trial
from lossbook.probes.centred import told_by_a_moving_mean
from lossbook.probes.examples import data_loss
from lossbook.probes.filled_in import told_by_what_is_filled_in
from lossbook.probes.inputs import with_other_examples
from lossbook.probes.leaks import told_by, told_by_a_mean
from lossbook.probes.made_up import ROUNDING, sees_differences_alone, yes_or_no
from lossbook.probes.mends_of_targets import moments, targets_standardised
from lossbook.probes.nearly_one import nearly_all_are_one_number
from lossbook.probes.next_place import told_by_the_next
from lossbook.probes.one_sided import are_compared, one_answer, one_number, strange_losses
from lossbook.probes.outputs import of_outputs
from lossbook.probes.trials import STEPS, end, gain, trial_of
from lossbook.probes.within import classes_within

#: name -> the number that decides, between two runs; of a scenario with a cause, the healthy run is the mended one
LIMITS: dict[str, Limit] = {
    "too good": Limit(1e-3, ("target-leak", 0.2), ("target-leak", 1e-5)),  # loss now over that of the fresh model
    "left": Limit(0.05, ("degenerate-targets", 0.2), ("degenerate-targets", 1e-4)),  # the same, of one class only
    "large": Limit(100.0, ("unscaled-targets", 40.0), ("unscaled-targets", 1e6)),  # deviation over the outputs' one
}
TOO_GOOD, LEFT, LARGE = (limit.value for limit in LIMITS.values())
GAIN = 0.2  # of the fall with standardised targets, by which the loss as it is ends higher: broken runs at least 0.9
FAR = 0.5  # loss with standardised targets over that as it is, where it is as low from the start: broken runs 0.4
SEEN = 0.1  # loss now over that of the fresh model, of a net that sees the token that it shall foretell
USED = 0.9  # loss now over that of the fresh model, of a net that has learned from a table, or of a sequence
LOOKED_AT = 8  # batches
MOST = 0.5  # of the batches without a target that counts, even if their loss is finite
YES = 0.5  # of the first loss, below which the answer is the same for inputs that never occur
FEW = 100  # targets that may be the same by accident
LOOKS = told_by_a_mean, told_by_the_next, told_by_what_is_filled_in, told_by_a_moving_mean


def target_leak(case: Case) -> Reading:
    """See whether the loss has become next to nothing, and look for the target among the inputs.

    Found is a column that is a copy of the targets or tells the classes apart, by itself or with others like it, and
    the token of a sequence that is the target of a place and moves the output there. A loss that is low without such
    an input may be learnt by heart, or honest; a copy that the model does not use may be meant. Where each place sees
    the token that comes next, and shall foretell it, and where a column is made of the target, a loss of less than
    ``SEEN`` of the first one is enough; for a column that is the mean of targets, a moving one too, and where the
    outputs are seen to follow what comes next, ``USED``.
    """
    first, now = _first_and_now(case)
    sentence = f"the loss was {first:.3g} at the start, and is {now:.3g} now"
    if not (first > 0 and now >= 0):
        return Reading("cannot tell", sentence)
    share = now / first
    told = None if not share < SEEN else told_by(case, certain=not share < TOO_GOOD)
    if told is None and share < USED and (told := _told_by_what_is_used(case)) is not None:
        return decided(True, f"{sentence}; {told}", share, USED)
    if not share < TOO_GOOD and told is None:
        return decided(False, sentence, share, TOO_GOOD)
    if told is None:
        return Reading("not found", f"{sentence}; no input was found that tells the target")
    return decided(True, f"{sentence}; {told}", share, TOO_GOOD if share < TOO_GOOD else SEEN)


def _told_by_what_is_used(case: Case) -> str | None:
    """What tells the target, where the loss may still be high; None if nothing was found."""
    looked = (look(case) for look in LOOKS)
    return next((told for told in looked if told is not None), None)


def degenerate_targets(case: Case) -> Reading:
    """Count the different targets, and in each batch those that count: there is one, or in some batches none.

    A class below 0 is one that the loss leaves out, as torch does with -100. Targets that are all the same can be
    meant, as where a residue shall be 0: then held-out targets are the same too, or the loss does not become nothing.
    Several questions of yes or no may have the same answers for all examples, too, and so may the places of a row.
    Where the question is yes or no, the loss stays next to nothing for inputs that never occur: one answer is learnt.
    So it is where outputs are compared, and the loss stays next to nothing when each gets another one's partner.
    """
    ys = [batch.target for batch in case.batches]
    whole = not ys[0].is_floating_point()
    empty = [batch for batch in case.batches if whole and bool((batch.target < 0).all())]
    if empty:
        share = len(empty) / len(ys)
        sentence = f"in {len(empty)} of {len(ys)} batches no target counts: all are below 0"
        spoilt = not np.isfinite([loss_on(case, case.start.model, batch) for batch in empty[:LOOKED_AT]]).all()
        return decided(spoilt or share > MOST, sentence + ", and the loss is not finite" * spoilt, share, MOST)
    values = torch.cat([y.flatten().unique() for y in ys]).unique()
    values = values[values >= 0] if whole else values
    count = sum(y.numel() for y in ys)
    sentence = f"among {count} targets, {len(values)} are different"
    questions = len(values) == 2 and not whole and yes_or_no(values)
    if whole and len(values) > 1 and sum(map(len, ys)) >= FEW and _one_row(ys) and _differ(case):
        first, now = _first_and_now(case)
        sentence = f"all examples have the same row of targets; the loss was {first:.3g} at the start, and is"
        outcome = "found" if 0 <= now < LEFT * first else "cannot tell"
        return Reading(outcome, f"{sentence} {now:.3g} now", now / first if first else None)
    if questions and count >= FEW and _one_row(ys):
        first, now = _first_and_now(case)
        sentence = f"all examples have the same yes and no; the loss was {first:.3g} at the start, and is {now:.3g} now"
        return Reading("found" if 0 <= now < LEFT * first else "cannot tell", sentence, now / first if first else None)
    if len(values) > 1 and not whole and (found := nearly_all_are_one_number(case, ys)) is not None:
        return found
    if len(values) > 1 or count < FEW:
        return decided(False, sentence, float(len(values)), 1.0)
    if len(values) == 1 and any(abs(mean - float(values)) > ROUNDING for mean in case.seen.later_targets.values):
        return decided(False, f"{sentence}; those of later batches are others", float(len(values)), 1.0)
    held_out = None if case.held_out is None else case.held_out.target
    if isinstance(held_out, Tensor) and held_out.unique().numel() > 1:
        return decided(True, f"{sentence}; held-out ones are not all the same", float(len(values)), 1.0)
    first, now = _first_and_now(case)
    sentence = f"{sentence}; the loss was {first:.3g} at the start, and is {now:.3g} now"
    compared = len(values) == 1 and are_compared(case)
    meant = not (whole or compared or one_answer(case, values) or one_number(case, values))
    if not 0 <= now < LEFT * first or meant:
        return Reading("cannot tell", sentence)
    moved, exchanged = strange_losses(case) if compared or not whole else (None, None)
    if moved is None and compared:
        return Reading("cannot tell", sentence)
    if moved is not None:
        what = "partners" if compared else "inputs"
        sentence = f"{sentence}, and {moved:.3g} for {what} that have changed places"
        same = moved < YES * first and not (exchanged is not None and exchanged > first)
        return decided(same, sentence, moved / first, YES)
    return decided(True, sentence, now / first, LEFT)


def degenerate_or_within(case: Case) -> Reading:
    """The same of the targets of a loss that the model computes itself, of whatever it is given."""
    if (reading := missing(case, ("targets",))) is None:
        return degenerate_targets(case)
    classes = classes_within(case)
    if classes is None:
        return reading
    none = sum(not len(each) for each in classes)
    values, count = torch.cat(classes).unique(), sum(map(len, classes))
    sentence = f"among {count} targets that count, within the model, {len(values)} are different"
    if none > MOST * len(classes):
        return decided(True, f"in {none} of {len(classes)} batches no target counts", none / len(classes), MOST)
    if len(values) > 1 or count < FEW:
        return decided(False, sentence, float(len(values)), 1.0)
    first, now = _first_and_now(case)
    sentence = f"{sentence}; the loss was {first:.3g} at the start, and is {now:.3g} now"
    return decided(True, sentence, now / first, LEFT) if 0 <= now < LEFT * first else Reading("cannot tell", sentence)


def _one_row(ys: list[Tensor]) -> bool:
    """Whether the examples of all batches have the same answers to several questions."""
    return ys[0].ndim == 2 and len({y.shape[1:] for y in ys}) == 1 and all(bool((y == ys[0][:1]).all()) for y in ys)


def _differ(case: Case) -> bool:
    """Whether the examples differ in what is given: one sentence that is learnt by heart comes again as it is."""
    return all(with_other_examples(batch) is not None for batch in case.batches[:LOOKED_AT] if batch.size > 1)


def _first_and_now(case: Case) -> tuple[float, float]:
    """The loss of the first batches, without a penalty, by the fresh model and by the trained one."""
    plain, few = data_loss(case), case.batches[:LOOKED_AT]
    first, now = (  # a fresh batch norm gives anything in eval mode
        float(np.mean([loss_on(plain, model, batch, train_mode=fresh) for batch in few]))
        for model, fresh in ((case.start.model, True), (case.now.model, False))
    )
    return first, now


@of_outputs
def unscaled_targets(case: Case, output: Tensor, y: Tensor) -> Reading:
    """Compare the targets' spread with that of the outputs at the start; standardise them, and train at the same rate.

    Found if the loss ends lower then, by a fifth of its fall. Both are measured in the targets' standard deviations.
    Applies to targets that are numbers, and to a loss that depends on their difference from the outputs alone.
    """
    several = len(y) == len(output) and y.numel() and output.numel() % y.numel() == 0  # as quantiles of one number
    if not y.is_floating_point() or not several or yes_or_no(y):
        return Reading("does not apply", "the targets are not numbers, one for each output or for several of them")
    if not sees_differences_alone(case.loss, output, y, float(y.std())):
        return Reading("does not apply", "the loss is not one of the difference between outputs and targets")
    _, std = moments(case)
    spread = float(output.std())
    large = float(std.max()) / spread if spread else math.inf
    sentence = f"targets have standard deviation {float(std.max()):.3g}, the fresh model's outputs {spread:.3g}"
    if not large > LARGE:
        return decided(False, sentence, large, LARGE)
    trial = trial_of(case, targets_standardised(case))
    share = gain(trial)
    sentence = f"{sentence}; in standard deviations of the targets, the loss after {STEPS} steps is "
    sentence = f"{sentence}{end(trial.as_is):.3g}, with standardised targets {end(trial.mended):.3g}"
    far = math.isnan(share) and end(trial.mended) < FAR * end(trial.as_is)  # neither has begun to learn by then
    reading = decided(True, sentence, large, LARGE) if share > GAIN or far else decided(False, sentence, share, GAIN)
    return with_trial(reading, trial)


#: key of the cause -> why it has no mend
NO_MEND: dict[str, str] = {
    "target-leak": "the training loss is low; without the answers it is higher, and honest",
    "degenerate-targets": "what the targets should have been was not seen",
}

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "target-leak": Probe(as_it_trains(target_leak), ("batches", "loss of batches", "loss of outputs")),
    "degenerate-targets": Probe(degenerate_or_within, ("batches", "loss of batches")),
    "unscaled-targets": Probe(
        unscaled_targets,
        ("batches", "loss of batches", "loss of outputs", "targets", "optimizer"),
        2 * STEPS,
        targets_standardised,
    ),
}
