"""Decisive tests for causes in the loss and the metric.

Most of them look at the loss alone, with outputs that are made for it; none needs to know which loss it is.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.domains import LOGARITHM
from lossbook.evidence.replay import output_of
from lossbook.probes import logits
from lossbook.probes import objective_mends as mends
from lossbook.probes.ascending import maximised, maximises, minimised
from lossbook.probes.base import Limit, Mend, Probe, Reading, decided, missing
from lossbook.probes.broadcasting import broadcast_loss
from lossbook.probes.climbed import loss_climbed, told_climbs
from lossbook.probes.collapse import is_relative
from lossbook.probes.commonest import settles_on_the_commonest
from lossbook.probes.given import given_probabilities, logarithms_given, several_true_classes
from lossbook.probes.logits import REFUSED
from lossbook.probes.made_up import (
    all_are_classes,
    answers,
    are_probabilities,
    class_axis,
    close,
    is_class_list,
    judged_together,
    knows_right_from_wrong,
    one_answer_each,
    pull,
    true_classes,
    value_of,
    yes_or_no,
)
from lossbook.probes.no_pull import is_cut_off, is_nothing, one_of_two_is_free
from lossbook.probes.numbered import classes_as_numbers
from lossbook.probes.operations import logarithm_at_once, seen_undefined
from lossbook.probes.outputs import of_outputs
from lossbook.probes.rates_given import rates_for_logarithms
from lossbook.probes.row_and_column import or_met_each_other, same_shape
from lossbook.probes.sign import AWAY, FEW_STEPS, UNKNOWN, sign_flipped
from lossbook.probes.turned_term import term_turned_round
from lossbook.probes.upside_down import likelihood_minimised
from lossbook.probes.wanted import LOGARITHMS, as_wanted, unwanted

#: name -> what a test compares with, and the runs between which it stands
LIMITS: dict[str, Limit] = {
    **logits.LIMITS,
    "away": AWAY,
    "pull": Limit(0.1, ("all", 1.0), ("absolute-error-on-classes", 2.4e-9)),  # gradient where wrong over where open
    "doubles": Limit(1.5, ("all", 1.0), ("sum-reduction-oscillates", 2.0)),  # loss of a doubled batch over the batch's
    "hits": Limit(0.05, ("all", 2.9e-8), ("wrong-metric", 0.756)),  # difference of two accuracies
}
PULL, DOUBLES, HITS = (LIMITS[name].value for name in ("pull", "doubles", "hits"))
SEVERAL = 0.05  # of the examples with several true classes, above which it is no slip of a label
WRONG = 6.0  # a logit that is surely wrong, and whose probability, 0.25 %, no loss takes for a zero that it avoids
SATURATED = 200.0  # a logit beyond which softmax and sigmoid in float32 are exactly 0 or 1


def loss_sign_flipped(case: Case) -> Reading:
    """See whether the loss is a log-likelihood, or minus a loss; and which way a small training moves the outputs."""
    return (
        maximised(case)
        or (None if maximises(case) else likelihood_minimised(case))
        or loss_climbed(case)
        or told_climbs(case)
        or term_turned_round(case)
        or missing(case, (*_OUTPUTS, "optimizer"))
        or sign_flipped(case)
    )


def probabilities_into_nll(case: Case) -> Reading:
    """Look at what torch's own losses get that want logarithms: probabilities, which sum to 1.

    Else at the outputs and the first loss: probabilities, and a loss below 0 that is halved with them. Minus the
    logarithm of a probability is never below 0; minus a probability always is, and grows with it in a straight line,
    unlike minus an overlap. Logits are no logarithms of probabilities either: they sum to anything, and a loss of one
    class each that falls with whatever is added to all of them has no lowest value.
    """
    got = given_probabilities(case)
    if got is not None:
        return decided(True, f"{got} wants logarithms of probabilities, and gets numbers from 0 on that sum to 1")
    return unwanted(case, LOGARITHMS) or missing(case, _OUTPUTS) or _halved_with_outputs(case)


@of_outputs
def _halved_with_outputs(case: Case, output: Tensor, y: Tensor) -> Reading:
    loss, half = (value_of(case.loss, outputs, y) for outputs in (output, output / 2))
    if loss is None:
        return REFUSED
    if logits.are_no_logarithms(case, output, y) and not are_probabilities(case, output, y):
        return Reading("found", "the loss falls by all that is added to an example's outputs: these are logits")
    there = are_probabilities(case, output, y)
    sentence = (
        f"the outputs are {'rows that sum to 1' if there else 'no probabilities'}, and the first loss is {loss:.3g}"
    )
    return decided(there and loss < 0 and half is not None and close(loss, 2 * half), sentence, loss, 0.0)


def log_of_zero(case: Case) -> Reading:
    """Look at what made the loss not finite, if that was seen; else give the loss outputs that leave no doubt.

    Where the very first loss is not finite, the first batch is sent through the fresh model again.
    """
    seen = case.seen.first_bad
    if seen is not None and seen.operation is not None and seen.operation.operation == LOGARITHM:
        return seen_undefined(case)
    return logarithm_at_once(case) or missing(case, _OUTPUTS) or _log_of_made_up(case)


@of_outputs
def _log_of_made_up(case: Case, output: Tensor, y: Tensor) -> Reading:
    """Give the loss outputs that leave no doubt, all right or all wrong: it becomes infinite or NaN.

    A loss on logits is at most as large as they are. ``SATURATED`` logits end up in probabilities of exactly 0 and 1.
    Applies to targets that are classes or probabilities.
    """
    if not one_answer_each(case, output, y):
        return UNKNOWN
    if true_classes(case, output, y) is None and not bool(((y >= 0) & (y <= 1)).all()):
        return Reading("does not apply", "the targets are numbers, of which no output can be too sure")
    right, wrong = (value_of(case.loss, answers(case, output, y, scale), y) for scale in (SATURATED, -SATURATED))
    if right is None or wrong is None:
        return REFUSED
    sentence = f"the loss is {right:.4g} where the model is sure and right, {wrong:.4g} where it is wrong"
    return decided(not (math.isfinite(right) and math.isfinite(wrong)), sentence)


def wrong_loss(case: Case) -> Reading:
    """See whether the loss was nothing throughout; and give it outputs that are sure and wrong."""
    found = is_nothing(case) or unwanted(case) or rates_for_logarithms(case)
    return found or missing(case, _OUTPUTS) or _pull_of_made_up(case)


@of_outputs
def _pull_of_made_up(case: Case, output: Tensor, y: Tensor) -> Reading:
    """Give the loss outputs that are sure and wrong, and outputs that are open: the wrong ones have no gradient.

    A loss that fits pulls hardest where the answer is wrong. Of numbers, those on the other side of the mean are wrong.
    A loss that judges all answers together, as an overlap of two masks does, has no pull for each of them.
    Limit ``PULL``. A cross entropy that gets several true classes of an example fits none of them: its shares sum to 1.
    """
    several = several_true_classes(case) if case.loss_of is not None else None
    if several is not None and several[0] > SEVERAL:
        sentence = f"of {several[0]:.0%} of the examples several classes are true, up to {several[1]:.0f}, and "
        return decided(True, f"{sentence}cross_entropy wants one, or shares that sum to 1", several[0], SEVERAL)
    if not one_answer_each(case, output, y):
        return UNKNOWN
    if logits.runs_over_the_batch(case, output, y):
        sentence = "what is added to all outputs of a class leaves the loss as it is, what is added to those of an"
        sentence = f"{sentence} example does not: the softmax runs over the batch, not over the classes"
        return Reading("found", sentence, fix="loss = F.cross_entropy(logits, y)  # softmax(dim=1) is over the classes")
    if is_relative(case):
        return Reading("does not apply", "the loss compares outputs with one another, and none is wrong by itself")
    if (count := logits.one_is_looked_at(case, output, y)) is not None:
        return decided(True, f"of the {count} outputs of an example the loss looks at one alone, whatever is true")
    classes = true_classes(case, output, y) is not None
    if not classes and y.unique().numel() < 2:
        return Reading("cannot tell", "the targets are all the same number, and no answer is wrong")
    if not classes and yes_or_no(y) and (free := one_of_two_is_free(case.loss, output, y)) is not None:
        return free
    if classes or yes_or_no(y):
        sure, *others = (answers(case, output, y, scale) for scale in (-WRONG, 0.0))
    elif found := classes_as_numbers(case, output, y) or settles_on_the_commonest(case, output, y):
        return found
    else:  # numbers: each as far on the other side of the mean; the mean, and what is right for other examples
        numbers = y.to(output).reshape(output.shape)
        sure, *others = 2 * numbers.mean() - numbers, torch.full_like(numbers, float(numbers.mean())), numbers.flip(0)
        if (cut_off := is_cut_off(case.loss, y, sure, others[-1])) is not None:
            return cut_off
    wrong, *pulls = (pull(case.loss, made, y) for made in (sure, *others))
    if wrong is None or None in pulls:
        return REFUSED
    undecided = min(number for number in pulls if number is not None)
    sentence = f"the gradient is {wrong:.2g} where the model is sure and wrong, {undecided:.2g} where it is undecided"
    ratio = wrong / undecided if undecided else (math.inf if wrong else 0.0)
    if ratio <= PULL and judged_together(case, sure, others[0], y):
        return Reading("does not apply", "the loss judges the answers together, and none is wrong by itself")
    return decided(ratio <= PULL, sentence, ratio, PULL)


@of_outputs
def sum_reduction(case: Case, output: Tensor, y: Tensor) -> Reading:
    """Put the batch together with itself: the loss doubles, where a mean stays. Limit ``DOUBLES``."""
    if len(output) != len(y):
        return Reading("does not apply", "there is not one target for each output")
    once, twice = (value_of(case.loss, torch.cat([output] * n), torch.cat([y] * n)) for n in (1, 2))
    if once is None or twice is None:
        return REFUSED
    sentence = f"the loss of {len(y)} examples is {once:.4g}, of the same ones twice {twice:.4g}"
    ratio = abs(twice / once) if once else 1.0
    return decided(ratio > DOUBLES, sentence, ratio, DOUBLES)


def wrong_metric(case: Case) -> Reading:
    """Count the hits on held-out examples by hand: the share is not what the metric says. Limit ``HITS``.

    Applies to targets of one class for each example. A metric that is right about answers which are all right and all
    wrong, as an error rate or the ten best guesses, may be another measure, and is none of the kind that is meant.
    """
    assert case.held_out is not None
    output, y = output_of(case.now.model, case.held_out), case.held_out.target
    tensors = isinstance(output, Tensor) and isinstance(y, Tensor)
    if not tensors or not is_class_list(y) or class_axis(case.loss, output, y) != 1:
        sentence = "the targets are not one class for each example, and hits cannot be counted"
        return Reading("does not apply", sentence)
    if not all_are_classes(case.loss, output, y):
        return Reading("does not apply", "not all outputs stand for classes, and hits cannot be counted")
    by_hand, metric = float((output.argmax(1) == y).double().mean()), float(case.metric.value(output, y))
    sentence, difference = f"the metric says {metric:.3g}, hits counted by hand {by_hand:.3g}", abs(by_hand - metric)
    if difference > HITS and knows_right_from_wrong(case.metric, output, y, HITS):
        return Reading("does not apply", f"{sentence}; it is another measure", difference, HITS)
    return decided(difference > HITS, sentence, difference, HITS)


def _turned_round(case: Case) -> Mend:
    return minimised(case) or mends.negated(case)


_OUTPUTS = ("batches", "loss of outputs", "targets")

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "loss-sign-flipped": Probe(
        loss_sign_flipped,
        ("batches", "loss of batches"),
        2 * FEW_STEPS,
        _turned_round,
    ),
    "softmax-before-cross-entropy": Probe(logits.softmax_before_cross_entropy, _OUTPUTS, mend=mends.of_logarithms),
    "probabilities-into-nll": Probe(probabilities_into_nll, ("batches", "loss of batches"), mend=logarithms_given),
    "log-of-zero": Probe(log_of_zero, mend=mends.within_bounds),
    "wrong-loss": Probe(wrong_loss, mend=lambda case: as_wanted(case) or mends.fitting(case)),
    "sum-reduction": Probe(sum_reduction, _OUTPUTS, mend=mends.divided),
    "broadcast-loss": Probe(or_met_each_other(broadcast_loss, _OUTPUTS), ("batches",), mend=same_shape),
    "wrong-metric": Probe(wrong_metric, ("held-out examples", "loss of outputs", "metric")),
}
#: key of the cause -> why it has no mend
NO_MEND: dict[str, str] = {"wrong-metric": "the training is well: what is wrong is the number that judges it"}
