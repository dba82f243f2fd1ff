"""Is it in the loop? The same model, batches, loss and optimiser in five plain lines, beside what the program did."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from torch import nn

from lossbook.evidence import Case
from lossbook.evidence.replay import loss_on, train
from lossbook.probes import Reading, Trial, helps
from lossbook.probes.trials import LAST, end

LEAST = 10  # steps that must be seen
SAME = 0.2  # by how much the first loss of the plain lines may differ from the program's: dropout draws anew
MATTERS = 0.1  # of the first loss, by which the plain lines must at least fall; a healthy program falls as they do
SHARE = 0.5  # of that fall: whose program falls less, has lost it in the loop
DONE = 0.1  # of the first loss, below which a program that was slower than the plain lines has learnt after all
NORMS = 0.01  # relative difference of two gradient norms that are not the same
CHANGE = "the loop was replaced by five plain lines"


def steps_of(case: Case) -> int:
    """The steps of this test: each batch that was kept comes once, as it did in the program."""
    return min(len(case.batches), len(_losses_of(case)))


def _losses_of(case: Case) -> tuple[float, ...]:
    """What the program went down on; without the first steps that a GradScaler skips while it looks for its factor."""
    losses, skipped = case.seen.ran_on.values or case.log.loss.values, case.seen.skipped or 0
    return losses[skipped:] if skipped < len(losses) / 2 else losses


def in_the_loop(case: Case, *, seed: int = 0) -> Reading:
    """Train a copy in five plain lines on the batches of the program: it learns where the program did not.

    Each batch comes once and in its order, so that both losses are those of batches that were not seen before. That the
    two begin at one loss shows that the same thing is trained. Limit ``SHARE``. A program that has gone on to
    next to nothing may have been slow on purpose, as in a warm-up with clipped gradients. Where the program goes down
    on something else than the copies, its losses are others, and its trained model is compared instead. The lines clip
    no gradient, whatever the program does.

    Args:
        case: the training.
        seed: of the random numbers that model and loss draw.
    """
    case = replace(case, clipping=None)
    if case.loss_of is None or not case.batches or not case.start.optimizers:
        return Reading("cannot tell", "the training cannot be replayed: its batches, loss or optimiser were not seen")
    if (case.seen.backwards or 0) > 1.5 * (case.seen.steps or math.inf):
        return Reading("does not apply", "several backward passes make a step")
    steps, losses = steps_of(case), _losses_of(case)
    if steps < LEAST:
        return Reading("cannot tell", f"{steps} steps are too few to tell")
    in_train_mode = case.seen.train_mode is None or case.seen.train_mode > 0.5
    first = loss_on(case, case.start.model, case.batches[0], train_mode=in_train_mode, seed=seed)
    if not abs(first - losses[0]) <= SAME * max(abs(first), abs(losses[0])):
        return Reading("cannot tell", f"the plain lines begin at a loss of {first:.3g}, the program at {losses[0]:.3g}")
    trained, each = train(case, case.start, steps, seed=seed)
    plain = tuple(map(float, each))
    trial = Trial(CHANGE, tuple(losses[:steps]), plain)
    ours, theirs = (values[0] - _end(values) for values in (plain, trial.as_is))
    share = theirs / ours if ours > 0 else math.nan
    sentence = f"in {steps} steps your loop takes the loss from {trial.as_is[0]:.3g} to {_end(trial.as_is):.3g}"
    sentence += f", five plain lines from {plain[0]:.3g} to {_end(plain):.3g}"
    learns = ours > MATTERS * abs(plain[0]) and helps(trial)
    if learns and (went_on := _end(losses)) < min(_end(plain), DONE * losses[0]):
        return Reading("not found", f"{sentence}; your loop went on to {went_on:.3g}", share, SHARE, trial)
    if learns and case.seen.whole_loss is False:
        now, copy = (_mean_loss(case, model) for model in (case.now.model, trained.model))
        if not now > plain[0] - SHARE * (plain[0] - copy):
            sentence += f"; of outputs and targets alone, your model's loss is {now:.3g}, that of the copy {copy:.3g}"
            return Reading("not found", sentence, share, SHARE, trial)
    return Reading("found" if learns and theirs < SHARE * ours else "not found", sentence, share, SHARE, trial)


def _mean_loss(case: Case, model: nn.Module) -> float:
    return float(np.mean([loss_on(case, model, batch) for batch in case.batches]))


def what_the_loop_does(case: Case) -> tuple[str, ...]:
    """What was seen in the loop that is not in the five plain lines, a sentence each: one of it may be at fault."""
    seen = case.seen
    told = {
        "{} of the steps, backward() added to gradients that the step before had used.": _often(seen.leftover),
        "{} of the steps, the gradients that backward() had made were gone.": _often(seen.cleared),
        "{} of the forward passes, the model was in eval mode.": _often(1 - seen.train_mode)
        if seen.train_mode
        else None,
        "{} steps, weights were written by something else than a step.": _count(seen.weights_written),
        "{} steps, a module or parameter was another object than before.": _count(seen.model_changed),
        "{} steps, another optimiser stepped.": _count(seen.optimizer_changed),
        "{} steps, the optimiser had lost its state.": _count(seen.state_lost),
    }
    lines = [sentence.format(f"At {often}") for sentence, often in told.items() if often]
    if seen.train_mode == 0:
        lines.append("The model was in eval mode throughout.")
    if seen.autocast not in (None, "off"):
        lines.append(f"The forward passes ran in {seen.autocast}, by autocast.")
    if seen.skipped:
        lines.append(f"{seen.skipped} steps were left out by the GradScaler.")
    before, after = (np.array(series.values) for series in (case.log.grad_norm, seen.norm_at_step))
    if len(before) and len(after) and np.isfinite(np.median(before)) and np.median(before) > 0:
        ratio = float(np.median(after) / np.median(before))
        if np.isfinite(ratio) and abs(ratio - 1) > NORMS:
            lines.append(f"Between backward() and step(), the gradient's norm was multiplied by {ratio:.2g}.")
    return tuple(lines)


def _often(share: float | None) -> str | None:
    return f"{share:.0%}" if share else None


def _count(steps: tuple[int, ...] | None) -> str | None:
    return str(len(steps)) if steps else None


def _end(losses: tuple[float, ...]) -> float:
    """As :func:`lossbook.probes.trials.end`, of half the losses where there are few."""
    return end(np.array(losses[-min(LAST, len(losses) // 2) :]))
