"""Decisive tests for causes in the learning rate and its schedule: train the same steps at another one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from lossbook.causes.readings import READINGS, early_ratio
from lossbook.evidence import Case, Snapshot
from lossbook.evidence.replay import loss_on, train
from lossbook.probes.at_length import BOLD, stands, told_at_length
from lossbook.probes.base import Limit, Mend, Probe, Reading, Trial, before, decided, with_trial
from lossbook.probes.made_up import cost_of_one_answer
from lossbook.probes.rate_of_zero import held_at_zero
from lossbook.probes.trials import LAST, STEPS, end, end_of, helps, trial_of

LIMITS = {
    # loss at another setting over that at the own one, below which the other one is clearly better
    "clearly": Limit(0.7, ("all", 0.9), ("lr-too-high-oscillates", 0.45)),
    # fall at a hundredfold rate over that at the own one
    "further": Limit(5.0, ("all", 1.1), ("lr-too-low-creeps", 18.0)),
    # share of the loss by which it must fall again if the schedule had ended too early
    "resumed": Limit(0.25, ("all", 0.1), ("schedule-decays-too-early", 0.6)),
    # loss with a warm-up over that without
    "warmed": Limit(0.4, ("all", 0.65), ("no-warmup", 0.25)),
    # loss at a tenth of the learning rate over that with a warm-up, below which the rate is too high, warmed up or not
    "without": Limit(0.5, ("lr-too-high-kills-the-relus", 0.32), ("no-warmup", 0.72)),
}
CLEARLY, FURTHER, RESUMED, WARMED, WITHOUT = (limit.value for limit in LIMITS.values())
TINY = READINGS["update ratio"].low
CLIPPED = 0.01  # of its norm, that is left of the gradient; clipped at 1, as is usual, at least 0.05
MATTERS = 0.1  # of the loss at the start, by which another setting must at least be better: 2.3 nats, 0.02 hardly count
AGAIN = 0.1  # share of the loss by which it falls again, at most, after a schedule that was in time
DECAYED = 0.1  # of the highest learning rate, below which a schedule has as good as ended
EARLY, LITTLE = 0.8, 0.04  # share of them from which on no usual schedule was meant; of the first loss, for ``MATTERS``
IDLE = 0.3  # of the steps after the highest rate: cosine and one-cycle schedules end with a fifth below DECAYED
SHARES = (0.1, 0.01, 1e-3, 1e-4, 1e-5)  # of the learning rate, tried until the loss stays finite; the first two always
LONGER = 120  # steps, in which a fall is larger than the batches differ
RISE = 50  # steps of a warm-up
WILD = 1.0  # a first update ratio: the step is larger than all weights


def lr_too_high(case: Case) -> Reading:
    """Train from the start with a tenth and a hundredth of the learning rate: the loss ends clearly lower.

    Where it is not finite even so, the learning rate is divided further.
    A learning rate that is right or too low makes slower progress when it is divided, so that its end is higher.
    Where bold steps lead nowhere, or to where shorter ones came sooner, a longer trial is made. Where the first are
    larger than all weights, that must end lower by a tenth of what knowing nothing costs: chance has a floor.
    """
    own = end_of(case)
    scale, lower = best_lower(case)
    sentence = f"after {STEPS} steps the loss is {own:.3g}, at {scale:g} times the learning rate {lower:.3g}"
    if case.log.update_ratio.values:
        sentence += f"; the largest of the first update ratios is {early_ratio(case.log.update_ratio.values):.1g}"
    reading = compared(case, lower, own, sentence)
    early = early_ratio(case.log.update_ratio.values or (0.0,))
    change = f"the learning rate was multiplied by {scale:g}"
    if not reading.found and early > BOLD and (lower < CLEARLY * own or stands(case)):
        reading = told_at_length(case, reading, change, case.start, scale)
    by = MATTERS * _to_begin_with(case)
    if not reading.found and early > WILD and own - lower > 2 * by and lower < ended_at(case) < math.inf:
        reading = told_at_length(case, reading, change, case.start, scale, by)
    return reading


def best_lower(case: Case) -> tuple[float, float]:
    """The share of the learning rate, of ``SHARES``, at which a short training ends lowest, and that end."""
    ends: dict[float, float] = {}
    for scale in SHARES:
        if scale < SHARES[1] and np.isfinite(min(ends.values())):
            break
        ends[scale] = end_of(case, lr_scale=scale)
    scale = min(ends, key=lambda scale: ends[scale])
    return scale, ends[scale]


def lr_too_low(case: Case) -> Reading:
    """Train from the start with a hundred times the learning rate: the loss, which hardly moved, falls much further.

    Both falls are measured on the same examples before and after, so that the smallest one is seen. The update ratio
    tells a learning rate that is too low from one that could be bolder. Steps are as short where clipping
    leaves a small part of the gradient's norm, and the same rate without it would do.
    """
    own, raised = fall_of(case, case.start), fall_of(case, case.start, lr_scale=100.0)
    ratio = early_ratio(case.log.update_ratio.values)
    told = f"in {STEPS} steps the loss falls by {{:.2g}}, at 100 times the learning rate by {raised:.2g}"
    told += f"; no early update ratio is above {ratio:.1g}, and below {TINY:g} a net hardly moves"
    norms = [float(np.median(each.values)) for each in (case.seen.norm_at_step, case.log.grad_norm) if each.values]
    losses = case.log.loss.values
    if ratio < TINY and losses and len(norms) == 2 and 0 < norms[0] < CLIPPED * norms[1]:
        without = fall_of(bare := replace(case, clipping=None), bare.start)
        if without > FURTHER * max(losses[0] - end(losses), 0.0):
            sentence = f"clipping takes the gradient's norm from {norms[1]:.2g} to {norms[0]:.2g}; without it, "
            return Reading("found", sentence + told.format(without), ratio, TINY, certain=True)
    return decided(ratio < TINY and raised > FURTHER * max(own, 0.0), told.format(own), ratio, TINY)


def schedule_decays_too_early(case: Case) -> Reading:
    """Go on from the last weights with the highest learning rate of the run: the loss falls again, and by much.

    A schedule that was in time leaves little to gain. It applies only where the learning rate has as good as ended, and
    not just at the end of the run: a training that stops with its schedule could often have gone on.
    Where it had ended for nearly all of the run, as with milestones in epochs that are counted in steps, a smaller gain
    counts, too.
    """
    rates = np.array(case.log.lr.values)
    highest, last = float(rates.max()), float(rates[-1])
    if last > DECAYED * highest:
        sentence = f"the learning rate ends at {last:.2g}, not far below its highest, {highest:.2g}"
        return Reading("does not apply", sentence)
    decayed = float(np.mean(rates[rates.argmax() :] <= DECAYED * highest))
    if decayed < IDLE:
        sentence = (
            f"of the steps after the highest learning rate, {highest:.2g}, only {decayed:.0%} were at a tenth of it"
        )
        return Reading("not found", f"{sentence} or less")
    stands = _loss_on_some(case, case.now)
    for steps in (STEPS, 3 * STEPS):  # more where it falls again, and slowly
        fall = fall_of(case, case.now, steps=steps, lr=highest)
        share = fall / stands if stands else float("nan")
        if not AGAIN < share <= RESUMED:
            break
    matters = not fall < (MATTERS if decayed < EARLY else LITTLE) * abs(case.log.loss.values[0])
    sentence = f"the learning rate ends at {last:.2g}; in {steps} steps at {highest:.2g} the loss of {stands:.3g} "
    reading = decided(fall > RESUMED * stands and matters, f"{sentence}falls by {fall:.3g}", share, RESUMED)
    return replace(reading, trial=_gone_on(case, highest)) if reading.found else reading


def _gone_on(case: Case, lr: float) -> Trial | None:
    """The next steps from the last weights as the run would make them, and at another rate, if that helps."""
    as_is, mended = (train(case, case.now, STEPS, **knobs)[1] for knobs in ({}, {"lr": lr}))  # type: ignore[arg-type]
    change = f"the training went on from its last weights at a learning rate of {lr:.2g}"
    trial = Trial(change, tuple(map(float, as_is)), tuple(map(float, mended)), case.log.loss.values[0])
    return trial if helps(trial) else None


def no_warmup(case: Case) -> Reading:
    """Train from the start with a learning rate that rises over 50 steps: the loss ends far lower, and has fallen.

    A training whose first steps are not too large loses time by a warm-up, or gains a little. One whose later steps are
    too large, too, learns nothing with it, or less than at a tenth of the rate: far less, if the first threw it up.
    """
    mend = warmed_up(case)
    trial = trial_of(case, mend)
    own, warm, first = end(trial.as_is), end(trial.mended), trial.mended[0]
    sentence = f"after {mend.steps} steps the loss is {own:.3g}, with a warm-up of {RISE} steps {warm:.3g}"
    reading = compared(case, warm, own, sentence, WARMED)
    if reading.found and not warm < first:
        reading = decided(False, f"{sentence}, and it was {first:.3g} at the start", None, WARMED)
    limit = 1.0 if np.mean(trial.as_is[:LAST]) <= trial.as_is[0] else WITHOUT
    if reading.found and (tenth := end_of(case, steps=mend.steps, lr_scale=SHARES[0])) < limit * warm:
        reading = decided(False, f"{sentence}, and at a tenth of the learning rate {tenth:.3g}", None, WARMED)
    if reading.found:  # once more in another order: it may be luck when a training finds its way
        other = replace(case, batches=case.batches[::-1])
        again = trial_of(other, warmed_up(other))
        if not end(again.mended) < WITHOUT * end(again.as_is):
            sentence = f"{sentence}; in another order of batches {end(again.as_is):.3g} and {end(again.mended):.3g}"
            reading = decided(False, sentence, None, WARMED)
    return with_trial(reading, trial)


def compared(
    case: Case, other: float, own: float, sentence: str, limit: float = CLEARLY, usual: float = math.inf
) -> Reading:
    """Whether ``other`` lies below ``limit`` times ``own``; for a negative ``own`` below ``own`` divided by ``limit``.

    Both are losses of short trainings. The difference must also be at least ``MATTERS`` of the loss at the start, or of
    of a model that knows nothing, or the ``usual`` one, at which the other training starts lower. Where the training
    itself ended as low as ``other``, nothing stood in its way.
    """
    ended = ended_at(case)
    if ended <= other:
        return decided(False, f"{sentence}; the training itself went on to {ended:.3g}", 1.0, limit)
    if not np.isfinite(other):
        return Reading("not found", sentence, float("inf"), limit)
    own = own if np.isfinite(own) else float("inf")
    first = min(_to_begin_with(case), abs(usual))
    lower = other < (limit * own if own > 0 else own / limit) and not own - other < MATTERS * first
    share = other / own if own > 0 else own / other if other else float("inf")
    return decided(lower, sentence, share, limit)


def _to_begin_with(case: Case) -> float:
    """The loss of the fresh model, or of one that knows nothing, if that is lower: too large weights begin high."""
    batch = case.batches[0]
    first, nothing = abs(loss_on(case, case.start.model, batch)), cost_of_one_answer(case, batch)
    return min(first, abs(nothing)) if nothing else first


def ended_at(case: Case) -> float:
    """The mean of the last tenth of what ``backward()`` ran on; infinite if that was not the loss of a batch."""
    losses = np.array(case.seen.ran_on.values)
    if not case.seen.whole_loss or case.seen.ran_on_share != 1.0 or not len(losses):
        return float("inf")
    last = float(losses[-max(len(losses) // 10, 1) :].mean())
    return last if np.isfinite(last) else float("inf")


def fall_of(case: Case, snapshot: Snapshot, *, steps: int = STEPS, **knobs: object) -> float:
    """By how much a short training lowers the loss of the same examples; minus infinity where it became NaN."""
    after, _ = train(case, snapshot, steps, **knobs)  # type: ignore[arg-type]
    fall = _loss_on_some(case, snapshot) - _loss_on_some(case, after)
    return fall if np.isfinite(fall) else -np.inf


def _loss_on_some(case: Case, snapshot: Snapshot) -> float:
    """Mean loss of the first ten batches, in eval mode."""
    return float(np.mean([loss_on(case, snapshot.model, batch) for batch in case.batches[:10]]))


def _rising(step: int) -> float:
    return min((step + 1) / RISE, 1.0)


def lowered(case: Case) -> Mend:
    """A learning rate that is a tenth, a hundredth or less, whichever ends lowest."""
    scale, _ = best_lower(case)
    return Mend(f"the learning rate was multiplied by {scale:g}", case, {"lr_scale": scale})


def raised(case: Case) -> Mend:
    """A learning rate a hundred or ten thousand times as high, whichever ends lower."""
    scale = min((1e2, 1e4), key=lambda scale: end_of(case, lr_scale=scale))
    return Mend(f"the learning rate was multiplied by {scale:g}", case, {"lr_scale": scale}, steps=LONGER)


def held_at_its_highest(case: Case) -> Mend:
    """The highest learning rate of the run at every step."""
    highest = max(case.log.lr.values)
    return Mend(f"the learning rate was held at {highest:.2g}", case, {"lr": highest})


def warmed_up(case: Case) -> Mend:
    """A learning rate that rises over the first steps."""
    return Mend(f"the learning rate was warmed up over {RISE} steps", case, {"lr_scale": _rising}, steps=3 * RISE)


_TRAINS = ("batches", "loss of batches", "optimizer")

ROWS: dict[str, Probe] = {  #: key of the cause -> its decisive test
    "lr-too-high": Probe(lr_too_high, _TRAINS, steps=6 * STEPS, mend=lowered),
    "lr-too-low": Probe(before(held_at_zero, lr_too_low), (*_TRAINS, "update ratios"), steps=2 * STEPS, mend=raised),
    "schedule-decays-too-early": Probe(
        schedule_decays_too_early, (*_TRAINS, "learning rates", "losses"), steps=4 * STEPS, mend=held_at_its_highest
    ),
    "no-warmup": Probe(no_warmup, _TRAINS, steps=15 * RISE, mend=warmed_up),
}
