"""Decisive tests for causes in what the targets are: their scale, and what the inputs tell of them."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import loss_on
from lossbook.probes.base import Limit, Probe, Reading, decided, with_trial
from lossbook.probes.examples import data_loss
from lossbook.probes.leaks import told_by
from lossbook.probes.made_up import value_of, yes_or_no
from lossbook.probes.mends_of_targets import moments, targets_standardised
from lossbook.probes.outputs import of_outputs
from lossbook.probes.trials import STEPS, end, gain, trial_of

#: name -> the number that decides, between two runs; of a scenario with a cause, the healthy run is the mended one
LIMITS: dict[str, Limit] = {
    "too good": Limit(1e-3, ("target-leak", 0.2), ("target-leak", 1e-5)),  # loss now over that of the fresh model
    "large": Limit(100.0, ("unscaled-targets", 40.0), ("unscaled-targets", 1e6)),  # deviation over the outputs' one
}
TOO_GOOD, LARGE = (limit.value for limit in LIMITS.values())
GAIN = 0.2  # of the fall with standardised targets, by which the loss as it is ends higher: broken runs at least 0.9
LOOKED_AT = 8  # batches
SAME = 1e-3  # relative difference of two losses that are equal but for rounding


def target_leak(case: Case) -> Reading:
    """See whether the loss has become next to nothing, and look for the target among the inputs.

    Found is a column that is a copy of the targets or tells the classes apart, by itself or with others like it, and
    the token of a sequence that is the target of a place and moves the output there. A loss that is low without such
    an input may be learnt by heart, or honest; a copy that the model does not use may be meant.
    """
    plain, few = data_loss(case), case.batches[:LOOKED_AT]
    first, now = (  # a fresh batch norm gives anything in eval mode
        float(np.mean([loss_on(plain, model, batch, train_mode=fresh) for batch in few]))
        for model, fresh in ((case.start.model, True), (case.now.model, False))
    )
    sentence = f"the loss was {first:.3g} at the start, and is {now:.3g} now"
    if not (first > 0 and now >= 0):
        return Reading("cannot tell", sentence)
    share = now / first
    if not share < TOO_GOOD:
        return decided(False, sentence, share, TOO_GOOD)
    told = told_by(case)
    if told is None:
        return Reading("not found", f"{sentence}; no input was found that tells the target")
    return decided(True, f"{sentence}; {told}", share, TOO_GOOD)


@of_outputs
def unscaled_targets(case: Case, output: Tensor, y: Tensor) -> Reading:
    """Compare the targets' spread with that of the outputs at the start; standardise them, and train at the same rate.

    Found if the loss ends lower then, by a fifth of its fall. Both are measured in the targets' standard deviations.
    Applies to targets that are numbers, and to a loss that depends on their difference from the outputs alone.
    """
    if not y.is_floating_point() or y.numel() != output.numel() or yes_or_no(y):
        return Reading("does not apply", "the targets are not numbers, one for each output")
    plain, moved = (value_of(case.loss, output + shift, y + shift) for shift in (0.0, float(y.std())))
    if plain is None or moved is None or not abs(moved - plain) <= SAME * abs(plain):
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
    reading = decided(True, sentence, large, LARGE) if share > GAIN else decided(False, sentence, share, GAIN)
    return with_trial(reading, trial)


#: key of the cause -> why it has no mend
NO_MEND: dict[str, str] = {"target-leak": "the training loss is low; without the answers it is higher, and honest"}

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "target-leak": Probe(target_leak, ("batches", "loss of batches", "loss of outputs")),
    "unscaled-targets": Probe(
        unscaled_targets,
        ("batches", "loss of batches", "loss of outputs", "targets", "optimizer"),
        2 * STEPS,
        targets_standardised,
    ),
}
