"""Decisive tests for causes in the training loop: what only the loop itself shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import fall, loss_on, output_of
from lossbook.probes.anew import begins_anew
from lossbook.probes.at_length import stands, told_at_length
from lossbook.probes.base import Limit, Probe, Reading, decided, missing
from lossbook.probes.left_as_drawn import untrained_at_length
from lossbook.probes.loaded_again import thrown_away
from lossbook.probes.model_mends import all_parameters
from lossbook.probes.optimizer import plain_lines
from lossbook.probes.running import stale_statistics
from lossbook.probes.still_drops import drops_when_judged
from lossbook.probes.taken_back import exchanged_for_good, throughout
from lossbook.probes.totals import TOTAL, falls_below, is_running_total, only_rises
from lossbook.probes.without_steps import no_step

LIMITS = {
    # share of the steps whose backward pass found gradients that the step before had used
    "leftover": Limit(0.5, ("all", 0.0), ("missing-zero-grad", 0.95)),
    # fall as it is over the fall that all parameters reach together
    "share": Limit(0.5, ("program", 0.7), ("parameters-of-a-copy", 0.0)),
    # ‖output in train mode - in eval mode‖ / ‖output in eval mode‖
    "modes": Limit(0.05, ("healthy-small-net", 0.0), ("eval-mode-in-training", 0.9)),
    # held-out loss in train mode from that in eval mode, relative to this
    "apart": Limit(0.1, ("all", 0.001), ("train-mode-in-validation", 9.0)),
    # share of the steps at which the gradients of the backward pass were gone
    "cleared": Limit(0.5, ("all", 0.0), ("gradients-cleared-early", 1.0)),
    # highest number that was logged over the highest loss that was trained on
    "beyond": Limit(3.0, ("all", 1.0), ("total-never-set-back", 25.0)),
}
LEFTOVER, SHARE, MODES, APART, CLEARED, BEYOND = (limit.value for limit in LIMITS.values())
STEPS, PIECES = 40, 8  # for which copies are trained, and batches of held-out examples
FAINT = 1e-3  # of the first held-out loss, at which a difference does not matter, as where all is learned
CALLED = 0.1  # share of the backward passes in which the model has a part; a training of this model: 1
ONE_EACH = 1.2  # backward passes over steps, above which it is not clear which loss is logged
RETURNS = 3  # times that the logged numbers fall below every loss so far, after they had been as high
ONCE = 1  # change of the optimiser that may be on purpose, as where layers are unfrozen


def missing_zero_grad(case: Case) -> Reading:
    """See whether a backward pass finds gradients of the step before, to which it then adds its own.

    Gradients that are accumulated on purpose are used by one step, and are gone before the next one begins.
    """
    share = case.seen.leftover
    assert share is not None
    by_hand = not case.seen.steps
    whose = "the steps that were written by hand" if by_hand else "an optimiser's steps"
    sentence = f"at {share:.0%} of {whose}, backward() added to gradients that the step before had used"
    reading = decided(share > LEFTOVER, sentence, share, LEFTOVER)
    return replace(reading, fix="model.zero_grad()  # in each step, before loss.backward()") if by_hand else reading


def parameters_not_optimized(case: Case) -> Reading:
    """Look for parameters that are frozen or not in the optimiser; train with and without them.

    To leave some out can be meant, as in fine-tuning. It is the cause if the loss falls much further with them, more
    than 1 / ``SHARE`` times as far in the first ``STEPS`` steps. Where some of them are trained in the end, layers are
    unfrozen one after another, and the others have their turn later. A training that stands is tried for longer, with
    those that are not frozen.
    """
    named = dict(case.start.model.named_parameters())
    held = {id(param) for group in case.start.groups for param in group["params"]}
    left = [name for name, param in named.items() if id(param) not in held or not param.requires_grad]
    if not left:
        sentence = f"the optimiser holds all {len(named)} parameters of the model, and none is frozen"
        return Reading("not found", sentence)
    if thawed := [name for name in left if _is_trained_later(case, name)]:
        sentence = f"{len(thawed)} of the {len(left)} parameters that were left out at first are trained in the end"
        return Reading("not found", f"{sentence}: they are unfrozen as the training goes on")
    with_all, as_is = (fall(each, each.start, STEPS) for each in (all_parameters(case).case, case))
    sentence = f"{len(left)} of {len(named)} parameters, {left[0]} the first, are frozen or not in the optimiser"
    sentence += f"; the loss falls by {as_is:.3g}, with them by {with_all:.3g}"
    share = as_is / with_all if with_all > 0 else float("inf")
    reading = decided(with_all > 0 and as_is < SHARE * with_all, sentence, share, SHARE)
    if not reading.found and stands(case):
        thaw = not any(named[name].requires_grad for name in left)  # what stands with them frozen is no fine-tuning
        change = "nothing is frozen" if thaw else "the optimiser got all that require a gradient"
        return told_at_length(case, reading, change, all_parameters(case, frozen=thaw).case.start)
    return reading if reading.found else untrained_at_length(case, reading, left)


def never_stepped_or_left_out(case: Case) -> Reading:
    """The same where the optimiser made steps; where it made none, nothing need be tried."""
    needs = ("batches", "loss of batches", "optimizer")
    return no_step(case) or missing(case, needs) or parameters_not_optimized(case)


def _is_trained_later(case: Case, name: str) -> bool:
    """Whether a parameter that was left out at the start is in an optimiser at the end, and has been moved by it."""
    before, after = (dict(unwrapped(each.model).named_parameters()).get(name) for each in (case.start, case.now))
    if before is None or after is None or not after.requires_grad:
        return False
    held = any(param is after for group in case.now.groups for param in group["params"])
    return held and not torch.equal(before.to(after), after)


def train_eval_mode(case: Case) -> Reading:
    """See in which mode the model trains, and in which it is judged; and whether that changes what it gives.

    The mode in training matters if the output of a batch depends on it, by more than ``MODES``. The mode without
    gradients matters if the held-out loss does, by more than ``APART``; so does what drops in eval mode, too.
    """
    if (reading := drops_when_judged(case) or stale_statistics(case)) is not None:
        return reading
    model, batch = case.now.model, case.batches[0]
    train, judged = (output_of(model, batch, train_mode=mode) for mode in (True, False))
    if not isinstance(train, Tensor):
        return Reading("does not apply", "the output is not one tensor")
    differ = float((train - judged).norm() / judged.norm()) if judged.any() else 0.0
    if differ <= MODES:
        sentence = f"the output is the same in train mode and in eval mode, but for {differ:.0%}"
        return Reading("not found", sentence, differ, MODES)
    share = case.seen.train_mode
    if share is not None and share < 0.5:
        sentence = f"the model trains in eval mode, and its output would be {differ:.0%} different otherwise"
        return Reading("found", sentence, differ, MODES)
    if not case.seen.train_mode_no_grad or case.held_out is None:
        return Reading("not found", "the model trains in train mode, and is judged in eval mode, as far as was seen")
    pieces, what = _judged(case)
    recorded, right = (_mean_loss(case, model, pieces, train_mode=mode) for mode in (True, False))
    first = _mean_loss(case, case.start.model, pieces, train_mode=False)
    sentence = f"it is judged in train mode; {what} is {recorded:.3g} there, in eval mode it is {right:.3g}"
    apart = abs(recorded - right) / max(abs(right), FAINT * abs(first))
    return decided(apart > APART, sentence, apart, APART)


def _judged(case: Case) -> tuple[list[Batch], str]:
    """Held-out examples in batches of the training's size, as in train mode they depend on one another.

    Where the loop judges fewer at a time, one by one, say: examples of the training, so many at a time.
    """
    assert case.held_out is not None
    size, few = max(case.batches[0].size, 2), case.held_out.size
    pieces = [part for part in case.held_out.first(PIECES * size).split(size) if part.size == size]
    if pieces or not few:
        return pieces, "the held-out loss"
    parts = [part for part in case.batches[0].split(few) if part.size == few]
    return parts, f"of training examples, {few} at a time as it judges held-out ones, the loss"


def _mean_loss(case: Case, model: nn.Module, pieces: list[Batch], *, train_mode: bool) -> float:
    return float(np.mean([loss_on(case, model, part, train_mode=train_mode) for part in pieces]))


def state_reset(case: Case) -> Reading:
    """See whether model and optimiser are the same objects at every step, and whether the optimiser keeps its state.

    One change can be on purpose, as where layers are unfrozen in mid-training. Where the model that was given is hardly
    ever called and gets no gradient, although losses are propagated back, another one has taken its place.
    """
    seen = case.seen
    backwards, calls = seen.backwards or 0, seen.forwards or 0
    wanted = {name for name, param in unwrapped(case.start.model).named_parameters() if param.requires_grad}
    reached = wanted > set(seen.no_gradient or ())  # its parts are called, and not the whole
    if backwards >= STEPS and calls < CALLED * backwards and not reached:
        sentence = f"of {backwards} backward passes, the model that was given had a part in {calls} at most"
        return Reading("found", f"{sentence}: another model is trained", calls / backwards, CALLED)
    if seen.optimizer_changed is None:
        return Reading("cannot tell", "no step was seen")
    changes = {
        "the model is another object": seen.model_changed,
        "the optimiser is another object": seen.optimizer_changed,
        "the optimiser's state was emptied": seen.state_lost,
        "all weights were set back to those of the start": throughout(case, seen.set_back),
        "weights were drawn anew": throughout(case, seen.drawn_anew),
    }
    said = {what: steps for what, steps in changes.items() if steps}
    if not said:
        same = f"model and optimiser stay the same for {seen.steps} steps"
        return exchanged_for_good(case) or thrown_away(case) or Reading("not found", same, 0, ONCE)
    if begins_anew(case):
        return Reading("not found", "weights and optimiser are set back together, after several epochs: a new run")
    what, steps = max(said.items(), key=lambda item: len(item[1]))
    sentence = f"{what} {len(steps)} times in {seen.steps} steps, first at step {steps[0]}"
    return decided(len(steps) > ONCE, sentence, len(steps), ONCE)


def gradients_cleared_early(case: Case) -> Reading:
    """See whether the gradients that a backward pass has made are still there when the optimiser steps.

    A step that finds none of them moves nothing, or goes on by its momentum and its weight decay alone.
    """
    share = case.seen.cleared
    assert share is not None
    sentence = f"at {share:.0%} of the steps, the gradients of the backward pass were gone"
    return decided(share > CLEARED, sentence, share, CLEARED)


def loss_misreported(case: Case) -> Reading:
    """Compare the numbers that are logged with what backward() ran on: a mean of losses is no higher than the highest.

    Nor is it lower than the lowest. A mean that is weighted may begin far below, where it starts from 0; one that falls
    below all losses again and again is divided by a number that is not theirs.

    The number that is logged first may be a multiple of what backward() ran on, as where the loss was divided for an
    accumulation; the later ones are then divided by it. What is never set back and only adds losses up is no mean.
    """
    seen = case.seen
    told = [number for _, number in seen.told or ()]
    if len(case.now.optimizers) > 1 or (seen.backwards or 0) > ONE_EACH * (seen.steps or 0):
        if only_rises(seen.told or ()):
            return decided(True, f"each number that was logged is higher than the one before, up to {told[-1]:.3g}")
        return Reading("cannot tell", "several losses were propagated back, and it is not known which one is logged")
    ran_on = [*seen.ran_on.values, *(value for value, _ in seen.told or ())]
    if not np.isfinite([*told, *ran_on]).all():
        return Reading("cannot tell", "a loss was not finite")
    highest, logged = max(map(abs, ran_on)), max(map(abs, told))
    first = abs((seen.told or ())[0][0])
    factor = max(abs(told[0]) / first, 1.0) if first else 1.0
    beyond = logged / (factor * highest) if highest else 1.0
    sentence = f"the numbers that were logged reach {logged:.3g}, and the losses that backward() ran on {highest:.3g}"
    if beyond > BEYOND:
        return decided(True, sentence, beyond, BEYOND)
    if is_running_total(seen.told or ()):
        return decided(True, TOTAL)
    returns = falls_below(seen.told or (), BEYOND)
    if returns >= RETURNS:
        sentence = f"the numbers that were logged fell {returns} times, from among the losses that backward() ran on,"
        return decided(True, f"{sentence} to less than a third of the lowest of these so far", returns, RETURNS)
    return decided(False, sentence, beyond, BEYOND)


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "missing-zero-grad": Probe(missing_zero_grad, ("seen leftovers",), mend=plain_lines),
    "parameters-not-optimized": Probe(never_stepped_or_left_out, ("optimizer",), 2 * STEPS, all_parameters),
    "train-eval-mode": Probe(train_eval_mode, ("batches", "loss of batches", "seen modes"), mend=plain_lines),
    "state-reset": Probe(state_reset, ("seen backward passes",), mend=plain_lines),
    "gradients-cleared-early": Probe(gradients_cleared_early, ("seen cleared",), mend=plain_lines),
    "loss-misreported": Probe(loss_misreported, ("told losses",), mend=plain_lines),
}
