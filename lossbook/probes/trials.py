"""Trials: a short training as it is beside the same one mended."""

from __future__ import annotations

import numpy as np

from lossbook.evidence import Case
from lossbook.evidence.replay import train
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
    if mend.plain:
        as_is = case.log.loss.values[:steps]
    else:
        measure = None if mend.case.loss_of is case.loss_of else mend.case.loss_of
        _, losses = train(case, case.start, steps, seed=seed, measure=measure)
        as_is = tuple(losses)
    return Trial(mend.change, tuple(map(float, as_is)), tuple(map(float, mended)))


def end(losses: tuple[float, ...] | np.ndarray) -> float:
    """The mean of the last losses; infinite if one of them is not finite."""
    last = np.asarray(losses[-LAST:], float)
    return float(last.mean()) if len(last) and np.isfinite(last).all() else float("inf")


def gain(trial: Trial) -> float:
    """How much higher the loss ends as it is, over the fall with the change; NaN if the loss does not fall with it."""
    fall = trial.mended[0] - end(trial.mended)
    return (end(trial.as_is) - end(trial.mended)) / fall if fall > 0 and np.isfinite(fall) else float("nan")


def helps(trial: Trial, spreads: float = 3.0) -> bool:
    """Whether the mended training ends lower, by so many standard errors of the mean of its own last losses."""
    spread = float(np.std(trial.mended[-LAST:]))
    return end(trial.mended) < end(trial.as_is) - spreads * spread / LAST**0.5
