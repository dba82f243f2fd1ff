"""Decisive tests for causes in the inputs: their scale, how they are prepared and varied, and their order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on, train
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Limit, Probe, Reading, Trial, after, decided, missing, with_trial
from lossbook.probes.confirming import can_be_trained
from lossbook.probes.drawn_alike import same_draws
from lossbook.probes.entering import what_enters
from lossbook.probes.examples import held_out_batches, is_mask, joined
from lossbook.probes.filled_up import padded_otherwise
from lossbook.probes.inputs import NARROW, mean_and_deviation, narrower
from lossbook.probes.made_up import is_class_list
from lossbook.probes.mends_of_data import dealt_anew, finite_ones, not_augmented, size_of, standardised
from lossbook.probes.own_scale import is_scaled_within
from lossbook.probes.paired import PAIRED, strangers_to
from lossbook.probes.places import drowned_by_constants
from lossbook.probes.renumbered import numbered_otherwise
from lossbook.probes.step_size import CLEARLY, ended_at
from lossbook.probes.stretches import of_one_class
from lossbook.probes.trials import STEPS, end, gain, trial_of
from lossbook.probes.varied import LONG, taught_less

#: name -> the number that decides, between two runs; of a scenario with a cause, the healthy run is the mended one
LIMITS: dict[str, Limit] = {
    "scale": Limit(3.0, ("all", 1.0), ("unscaled-inputs-kill", 78.0)),  # largest mean or deviation of the inputs
    "apart": Limit(1.0, ("all", 0.05), ("preprocessing-mismatch", 120.0)),  # in the training data's deviations
    "fall": Limit(1 / 3, ("augmentation-too-strong", 0.6), ("augmentation-too-strong", 0.14)),  # over that without
    "mixed": Limit(0.6, ("all", 0.98), ("data-not-shuffled", 0.04)),  # of the entropy of shuffled examples
    "harm": Limit(0.15, ("program", 0.08), ("data-not-shuffled", 2.0)),  # of the fresh loss, after one pass in order
}
SCALE, APART, FALL, MIXED, HARM = (limit.value for limit in LIMITS.values())
GAIN = 0.2  # of the fall with standardised inputs, by which the loss as it is ends higher: broken runs at least 0.9, a
# net that standardises its inputs itself, by a batch norm, 0
HUGE, LOWER = 100.0, 0.6  # size from which half of GAIN counts if the loss ends so much lower: of a net that marks
# pixels times 500 at 0.54 of it, of one with a batch norm first at 1; pixels themselves are 78
WINDOW = 64  # examples in a row in which the targets are counted


def unscaled_inputs(case: Case) -> Reading:
    """Measure the tensor that enters the net; if it is out of scale, standardise it and train again at the same rate.

    Found if the loss ends lower then, by a fifth of its fall, and of hundreds by a tenth: the scale stood in the way.
    Of several inputs the largest is looked at, and the loss must end clearly lower; one that is small may be meant, as
    weights of neighbours are. A model that scales them before its first layer has no need of it.
    """
    x = joined(case.batches).x
    several = {} if x is not None else what_enters(case)
    if several:
        x = max(several.values(), key=size_of)
    if x is None or is_mask(x):
        return Reading("does not apply", "the inputs are no tensors of measurements")
    mean, std = float(x.double().mean()), float(x.double().std())
    # inputs of hundredths are out of scale as tens are
    off = max(abs(mean), std, 0.1 / std if std and not several else 0.0)
    what = "of several inputs one has" if several else "inputs have"
    sentence = f"{what} mean {mean:.3g} and standard deviation {std:.3g}"
    if not off > SCALE:
        return decided(False, sentence, off, SCALE)
    if is_scaled_within(case, SCALE):
        return decided(False, f"{sentence}, and the model scales them before its first layer", off, SCALE)
    trial = trial_of(case, standardised(case))
    share, own, other = gain(trial), end(trial.as_is), end(trial.mended)
    sentence += f"; the loss after {STEPS} steps is {own:.3g}, with standardised inputs {other:.3g}"
    found = share > GAIN or (off > HUGE and not several and other < LOWER * own and share > GAIN / 2)
    reading = decided(True, sentence, off, SCALE) if found else decided(False, sentence, share, GAIN)
    if several and not other < min(CLEARLY * own, ended_at(case)):
        reading = decided(False, sentence, share, GAIN)
    return with_trial(reading, trial)


def preprocessing_mismatch(case: Case) -> Reading:
    """Compare the numbers of training inputs and held-out inputs: one pipeline gives both the same mean and deviation.

    The distance of the means and of the deviations is measured in the training data's standard deviations; above one,
    the two were not prepared in one way. Nor were they if held-out inputs are far narrower, and not for a few outliers.
    What no moment shows, as words that are numbered by another list, the trained model shows: it knows nothing of them.
    """
    assert case.held_out is not None
    apart, sentence = None, "the inputs are not one tensor of measurements"
    if case.held_out.x is not None and case.batches[0].x is not None:
        every = joined(case.batches)
        (mean, std), (held_mean, held_std) = map(mean_and_deviation, (every, case.held_out))
        apart = max(abs(held_mean - mean), abs(held_std - std)) / max(std, 1e-12)
        sentence = f"inputs are {mean:.3g} ± {std:.3g} in training and {held_mean:.3g} ± {held_std:.3g} held out"
        if apart > APART:
            return decided(True, sentence, apart, APART)
        if (times := narrower(every, case.held_out)) > NARROW:
            return decided(True, f"{sentence}: those are {times:.3g} times as wide", times, NARROW)
    if (told := padded_otherwise(case) or strangers_to(case) or numbered_otherwise(case)) is not None:
        return Reading("found", told)
    return Reading("does not apply", sentence) if apart is None else decided(False, sentence, apart, APART)


def augmentation_too_strong(case: Case) -> Reading:
    """Train on held-out examples, once as they are and once augmented: does augmentation keep the loss from falling?

    Held-out examples are what the model shall work on, and are not augmented themselves. An augmentation that varies
    and does not destroy makes the loss fall less, but fall; found if it falls by less than a third as far. What a data
    set does at random is undone by reading it with each random number in its middle. Then the trained net is asked of
    such examples, too: a variation that changes the answer teaches little of them.
    """
    if case.unvaried:
        reading = _held_up(case, (case.unvaried, case.batches))
        return reading if reading.found else taught_less(case) or reading
    if case.augment is None:
        return Reading("does not apply", "nothing is augmented, as far as was seen")
    if (lacking := missing(case, ("floating inputs", "held-out examples"))) is not None:
        return lacking
    plain, rng = held_out_batches(case), np.random.default_rng(0)
    if not plain:
        return Reading("cannot tell", "there are fewer held-out examples than a batch has")
    return _held_up(case, (plain, tuple(_varied(case, batch, rng) for batch in plain)))


def _held_up(case: Case, kinds: tuple[tuple[Batch, ...], tuple[Batch, ...]]) -> Reading:
    """Whether the loss falls by less than a third as far on augmented batches as on plain ones."""
    before = float(np.mean([loss_on(case, case.start.model, batch) for batch in kinds[0]]))
    without, augmented = (end(train(case, case.start, STEPS, batches=given)[1]) for given in kinds)
    sentence = f"the loss falls from {before:.3g} to {augmented:.3g}, without augmentation to {without:.3g}"
    if not before - without > 0:
        return Reading("cannot tell", sentence)
    share = (before - augmented) / (before - without)
    return decided(share < FALL, sentence, share, FALL)


def duplicated_augmentation(case: Case) -> Reading:
    """Augment one batch twice: random augmentation gives different images, a generator made anew the same ones.

    So does noise that is drawn anew as a target in each step: it must not be the same in all of them.
    """
    if (told := same_draws(case)) is not None:
        return Reading("found", told)
    if case.augment is None or case.held_out is None:
        return Reading("does not apply", "nothing is augmented, as far as was seen")
    batch, rng = case.held_out.first(WINDOW), np.random.default_rng(0)
    x, once, again = batch.x, _varied(case, batch, rng).x, _varied(case, batch, rng).x
    if x is None or once is None or again is None:
        return Reading("does not apply", "the held-out inputs are not one tensor of measurements")
    same = int((once == again).flatten(1).all(1).sum())
    changed = once.shape != x.shape or not torch.equal(once, x)
    sentence = f"of {len(x)} images augmented twice, {same} came out the same"
    return decided(changed and same == len(x), sentence, same / len(x), 1.0)


def data_not_shuffled(case: Case) -> Reading:
    """Measure how mixed the targets are that follow each other, and the same ones shuffled: their entropy, or variance.

    Shuffled examples have nearly the same mixture everywhere. 64 in a row are looked at, whatever the batch size.
    Applies to targets of one class, or one number, for each example. It is the cause if one pass over shuffled ones
    teaches more of all of them, since a time series may come in its order; or if all that were kept have one class.
    """
    y = joined(case.batches).target
    mixture = _entropy if is_class_list(y) else lambda y: float(y.double().var())
    if mixture is not _entropy and not (y.is_floating_point() and y.numel() == len(y)):
        return Reading("does not apply", "the targets are not one class or one number for each example")
    y = y.flatten()
    y = y[torch.isfinite(y) if y.is_floating_point() else y >= 0]  # what is left out of the loss has no class
    if len(y) < 2 * WINDOW or y.unique().numel() < 2:
        alike = Reading("cannot tell", "the targets are too few to tell, or all the same")
        return of_one_class(case, y, 2 * WINDOW) or alike
    mixed = y[torch.from_numpy(np.random.default_rng(0).permutation(len(y))).to(y.device)]
    in_order, shuffled = (
        float(np.mean([mixture(part) for part in each.split(WINDOW) if len(part) == WINDOW])) for each in (y, mixed)
    )
    share = min(in_order / shuffled, 1.0) if shuffled else 1.0
    what = "entropy" if mixture is _entropy else "variance"
    sentence = f"the targets of {WINDOW} examples in a row have {share:.0%} of the {what} of shuffled ones"
    if not share < MIXED:
        return decided(False, sentence, share, MIXED)
    if not can_be_trained(case):
        return Reading("cannot tell", f"{sentence}, and no other order can be tried", share, MIXED)
    steps, mend = len(case.batches), dealt_anew(case)
    sample = joined(mend.case.batches[: WINDOW // case.batches[0].size + 1])  # the loss of one class says little
    feeds = None, mend.case.batches
    taught = [train(case, case.start, steps, batches=feed, measure=_on(case, sample)) for feed in feeds]
    fresh, own, other = (
        float(np.mean([loss_on(case, each.model, batch) for batch in case.batches]))
        for each in (case.start, *(one for one, _ in taught))
    )
    sentence += f"; after {steps} steps on them the loss of all is {own:.3g}, after shuffled ones {other:.3g}"
    harm = (own - other) / abs(fresh) if fresh else float("nan")
    as_is, mended = (tuple(map(float, losses)) for _, losses in taught)
    return with_trial(decided(harm > HARM, sentence, harm, HARM), Trial(mend.change, as_is, mended))


def _on(case: Case, sample: Batch) -> Callable[[nn.Module, Batch], Tensor]:
    loss_of = case.loss_of
    assert loss_of is not None

    def measure(model: nn.Module, _: Batch) -> Tensor:
        return loss_of(model, sample)

    return measure


def nonfinite_inputs(case: Case) -> Reading:
    """Ask isfinite of every input and target; a single NaN in a batch makes every weight NaN.

    A mask, as attention adds it, may hold minus infinity.
    """
    seen = case.seen.first_bad
    if seen is not None and seen.what in ("input", "target"):
        return decided(True, f"the {seen.what} of step {seen.step} was not finite", 1, 0)
    if seen is not None and seen.operation is not None:  # what comes later may follow from it
        return decided(False, f"what came before {seen.operation.operation} at step {seen.step} was finite", 0, 0)
    held_out = () if case.held_out is None else (case.held_out,)
    parts = [part for batch in (*case.batches, *held_out) for part in tensors(tuple(batch))]
    bad = sum(int((~torch.isfinite(part)).sum()) for part in parts if not is_mask(part))
    return decided(bad > 0, f"{bad} of {sum(part.numel() for part in parts)} numbers are NaN or infinite", bad, 0)


def _varied(case: Case, batch: Batch, rng: np.random.Generator) -> Batch:
    return batch if batch.x is None else batch.with_x(case.augment.apply(batch.x, rng))


def _entropy(y: Tensor) -> float:
    """Of the shares of the classes of a list, in nats."""
    p = torch.unique(y, return_counts=True)[1].double() / y.numel()
    return -float((p * p.log()).sum())


_SEEN = ("batches", "loss of batches")

#: key of the cause -> why no change that a case allows lowers its training loss
NO_MEND: dict[str, str] = {
    "preprocessing-mismatch": "the training is as it should be; what is wrong are the held-out inputs",
    "duplicated-augmentation": "examples that vary too little make the training loss lower; the held-out one is higher",
}

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "unscaled-inputs": Probe(after(unscaled_inputs, drowned_by_constants), _SEEN, 2 * STEPS, standardised),
    "preprocessing-mismatch": Probe(preprocessing_mismatch, ("batches", "held-out examples"), PAIRED),
    "augmentation-too-strong": Probe(augmentation_too_strong, _SEEN, 2 * (STEPS + LONG), not_augmented),
    "duplicated-augmentation": Probe(duplicated_augmentation, ("batches",)),
    "data-not-shuffled": Probe(data_not_shuffled, ("batches", "targets"), 2 * 40, mend=dealt_anew),
    "nonfinite-inputs": Probe(nonfinite_inputs, ("batches",), mend=finite_ones),
}
