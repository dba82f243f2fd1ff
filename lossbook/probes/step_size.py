"""Decisive tests for causes in the learning rate and its schedule: train the same steps at another one."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lossbook.probes.base import Batch, Probe, Reading, Setup, State

# In brackets: what was seen on broken runs, and on mended and healthy ones.
STEPS = 60  # of a short training
LAST = 20  # steps whose mean loss is the end of a training
CLEARLY = 0.7  # of the loss at the setting as it is, below which another one is clearly better (<= 0.45, >= 0.9)
MATTERS = 0.1  # of the loss at the start, by which another setting must at least be better: 2.3 nats, 0.02 hardly count
TINY = 1e-3  # median update ratio, below which the weights hardly move (<= 4e-4, >= 5e-3)
FURTHER = 10.0  # times the fall at the setting as it is, above which another one falls much further (>= 18, <= 1.1)
DECAYED = 0.1  # of the highest learning rate, below which a schedule has as good as ended
RESUMED = 0.35  # of the loss, by which it must fall again if the schedule had ended too early (>= 0.6, <= 0.1)
RISE = 50  # steps of a warm-up
WARMED = 0.4  # of the loss, below which a warm-up must bring it (<= 0.25, >= 0.65)


def lr_too_high(setup: Setup) -> Reading:
    """Train from the start with a tenth and a hundredth of the learning rate: the loss ends clearly lower.

    A learning rate that is right or too low makes slower progress when it is divided, so that its end is higher.
    """
    own = end_of(setup, setup.start)
    lower = {scale: end_of(setup, setup.start, lr_scale=scale) for scale in (0.1, 0.01)}
    scale = min(lower, key=lambda scale: lower[scale])
    ratio = float(np.median(setup.history.update_ratio[:LAST]))
    return Reading(
        clearly_lower(setup, lower[scale], own),
        f"after {STEPS} steps the loss is {own:.3g}, at {scale:g} times the learning rate {lower[scale]:.3g}; "
        f"the first update ratios are about {ratio:.1g}",
    )


def lr_too_low(setup: Setup) -> Reading:
    """Train from the start with a hundred times the learning rate: the loss, which hardly moved, falls much further.

    Both falls are measured on the same examples before and after, so that the smallest one is seen. The update ratio
    tells a learning rate that is too low from one that could be bolder.
    """
    own, raised = fall_of(setup, setup.start), fall_of(setup, setup.start, lr_scale=100.0)
    ratio = float(np.median(setup.history.update_ratio))
    return Reading(
        ratio < TINY and raised > FURTHER * max(own, 0.0),
        f"in {STEPS} steps the loss falls by {own:.2g}, at 100 times the learning rate by {raised:.2g}; "
        f"the median update ratio is {ratio:.1g}, and below {TINY:g} a net hardly moves",
    )


def schedule_decays_too_early(setup: Setup) -> Reading:
    """Go on from the last weights with the highest learning rate of the run: the loss falls again, and by much.

    A schedule that was in time leaves little to gain. It applies only where the learning rate has as good as ended.
    """
    highest, last = max(setup.history.lr), setup.history.lr[-1]
    if last > DECAYED * highest:
        return Reading(False, f"the learning rate ends at {last:.2g}, not far below its highest, {highest:.2g}")
    stands = setup.loss_on(setup.now.model, some_of(setup))
    fall = fall_of(setup, setup.now, lr=highest)
    return Reading(
        fall > RESUMED * stands and not fall < MATTERS * abs(setup.history.loss[0]),
        f"the learning rate ends at {last:.2g}; in {STEPS} steps at {highest:.2g} the loss of {stands:.3g} "
        f"falls by {fall:.3g}",
    )


def no_warmup(setup: Setup) -> Reading:
    """Train from the start with a learning rate that rises over 50 steps: the loss ends far lower.

    A training whose first steps are not too large loses time by a warm-up, or gains a little.
    """
    steps = 3 * RISE
    own = end_of(setup, setup.start, steps)
    warm = end_of(setup, setup.start, steps, lr_scale=lambda step: min(step / RISE, 1.0))
    return Reading(
        clearly_lower(setup, warm, own, WARMED),
        f"after {steps} steps the loss is {own:.3g}, with a warm-up of {RISE} steps {warm:.3g}",
    )


def end_of(setup: Setup, state: State, steps: int = STEPS, **knobs: Any) -> float:
    """Mean loss of the last steps of a short training; infinite where it became NaN."""
    end = float(setup.train(state, steps, **knobs)[1][-LAST:].mean())
    return end if np.isfinite(end) else np.inf


def clearly_lower(setup: Setup, other: float, own: float, share: float = CLEARLY) -> bool:
    """Whether a loss is below that share of the own one, or as far below one that is negative, and it matters."""
    start = abs(setup.history.loss[0])
    return other < (share * own if own > 0 else own / share) and not own - other < MATTERS * start


def fall_of(setup: Setup, state: State, **knobs: Any) -> float:
    """By how much a short training lowers the loss of the same examples; minus infinity where it became NaN."""
    after, _ = setup.train(state, STEPS, **knobs)
    fall = setup.loss_on(state.model, some_of(setup)) - setup.loss_on(after.model, some_of(setup))
    return fall if np.isfinite(fall) else -np.inf


def some_of(setup: Setup) -> Batch:
    """The first batches, joined."""
    x, y = zip(*setup.batches[:10], strict=True)
    return torch.cat(x), torch.cat(y)


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "lr-too-high": lr_too_high,
    "lr-too-low": lr_too_low,
    "schedule-decays-too-early": schedule_decays_too_early,
    "no-warmup": no_warmup,
}
