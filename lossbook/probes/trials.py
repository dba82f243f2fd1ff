"""Trials: a short training as it is beside the same one mended."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossbook.evidence import Case
from lossbook.evidence.replay import as_it_is, train
from lossbook.probes.base import Mend, Trial

STEPS = 60  #: of each of the two trainings
LAST = 20  #: steps whose losses are the end of a training


def trial_of(case: Case, mend: Mend, *, steps: int | None = None, seed: int = 0) -> Trial:
    """Train copies from one start: as the case is, and mended; both losses are the mended training's.

    Where the loop is the fault, the training as it is cannot be replayed: its own losses stand there.

    Args:
        case, mend: the training, and the same with one thing changed.
        steps: of each training; by default those of the mend.
        seed: of the random numbers that model and loss draw.

    Raises:
        ValueError: the case's loss is not known, or it has no batch.
    """
    steps = mend.steps if steps is None else steps
    _, mended = train(mend.case, mend.case.start, steps, seed=seed, **mend.knobs)
    as_is = case.log.loss.values[:steps] if mend.plain else _as_it_is(case, mend, steps, seed)
    return Trial(mend.change, tuple(map(float, as_is)), tuple(map(float, mended)))


def _as_it_is(case: Case, mend: Mend, steps: int, seed: int) -> np.ndarray:
    if mend.case.loss_of is case.loss_of:
        return as_it_is(case, steps, seed=seed)
    return train(case, case.start, steps, seed=seed, measure=mend.case.loss_of)[1]


def end(losses: tuple[float, ...] | np.ndarray) -> float:
    """The mean of the last losses; infinite if one of them is not finite."""
    last = np.asarray(losses[-LAST:], float)
    return float(last.mean()) if len(last) and np.isfinite(last).all() else float("inf")


def end_of(case: Case, *, steps: int = STEPS, lr_scale: float = 1.0, **knobs: Any) -> float:
    """Mean loss of the last steps of a short training from the start; infinite where it is not finite.

    Where no knob changes anything, it is the training as it is, which is made once.
    """
    groups = case.start.groups
    if lr_scale == 1.0 and all(group.get(name, value) == value for group in groups for name, value in knobs.items()):
        return end(as_it_is(case, steps))
    return end(train(case, case.start, steps, lr_scale=lr_scale, **knobs)[1])


def gain(trial: Trial) -> float:
    """How much higher the loss ends as it is, over the fall with the change; NaN if the loss does not fall with it."""
    fall = trial.mended[0] - end(trial.mended)
    return (end(trial.as_is) - end(trial.mended)) / fall if fall > 0 and np.isfinite(fall) else float("nan")


def helps(trial: Trial, spreads: float = 3.0) -> bool:
    """Whether the mended training ends lower, by so many standard errors of the mean of its own last losses."""
    spread = float(np.std(trial.mended[-LAST:]))
    return end(trial.mended) < end(trial.as_is) - spreads * spread / LAST**0.5
