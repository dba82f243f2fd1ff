"""The symptom once it is known how low the loss can fall: what mended copies reached is a floor that no curve shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from lossbook.diagnosis.curve import curve_of
from lossbook.evidence import Log
from lossbook.probes import Trial, helps
from lossbook.recorded.levels import Levels, levels_of
from lossbook.symptoms import THRESHOLDS, Verdict

NEAR = 0.4  # copies whose loss as it is differs by a smaller share from the training's have its unit
SHORT = 0.25  # of the way from the start to what mended copies reach: who ends higher is stuck
LEAST = 0.025  # of that way, above what they reached in fewer steps
FACTOR = 2.0  # or whose end is so many times as high, where the loss cannot be negative
MANY = 5.0  # so many times as high it is stuck however small a part of the way that is
SLOWER = 2.0  # times as many steps as mended copies made, in which the training did not get as low, so that it is stuck
DECADE = 3.0  # times as high or low a loss that falls by decades may be on copies, and have the training's unit


def beside_the_mend(verdict: Verdict, log: Log, trials: Iterable[Trial | None]) -> Verdict:
    """The verdict on a training that is not well, though its curve alone shows nothing.

    A curve cannot say whether its loss could fall further; copies that were mended can. Where they end far lower, in
    the few steps of a trial, the training's loss is slow if it still falls, and else a plateau. So it is if they are
    far ahead of copies as they are, and end below the training that went on; or if the training does not get as low
    in twice as many steps. In a trial as long as the training, both must end far above the mended copies. Without a
    trial, so is a loss that has stopped or creeps above half of the way down.

    Args:
        verdict: of the curve alone.
        log: of the training.
        trials: of what was found.
    """
    if verdict.code != "healthy":
        return verdict
    levels = levels_of(curve_of(log))[1]
    end, start = (levels.zero + level * levels.unit for level in (levels.end, 1.0))
    floors = [
        (_last(trial.mended), trial) for trial in trials if trial is not None and _same_unit(trial, log, start, end)
    ]
    lowest, trial = min(floors, default=(end, None), key=lambda each: each[0])
    if trial is None:
        short = end
    elif len(trial.mended) < log.loss.steps[-1]:
        short = max(end, _last(trial.as_is))  # in the same steps, if the training went on
    else:
        short = min(end, _last(trial.as_is))  # copies have fewer examples, and know them better in the end
    far = (short - lowest) > SHORT * (start - lowest) or (levels.zero == 0 and end > FACTOR * lowest)
    code = "slow" if _falls(levels) else "plateau"
    least = (end - lowest) > LEAST * (start - lowest) or (levels.zero == 0 and end > MANY * lowest)
    if trial is not None and least and (far or log.loss.steps[-1] >= SLOWER * len(trial.mended) - 1):
        reading = f"the loss ends at {end:.3g}; mended copies reach {lowest:.3g} in {len(trial.mended)} steps"
        return replace(verdict, code=code, reading=f"{reading}; {verdict.reading}")
    return replace(verdict, code=code) if levels.end > THRESHOLDS.high else verdict


def _same_unit(trial: Trial, log: Log, start: float, end: float) -> bool:
    """Whether the copies' loss as it is is the training's own: where it began, or where it ended."""
    steps, own = np.array(log.loss.steps), np.array(log.loss.values)
    count = len(trial.as_is)
    ours, theirs = own[(steps >= count // 2) & (steps < count)], trial.as_is[count // 2 :]
    began = len(ours) > 0 and _near(float(np.mean(theirs)), float(np.mean(ours)), start)
    goes_on = abs(np.mean(trial.as_is[: max(count // 8, 1)]) - end) < NEAR * abs(start - end)
    return helps(trial) and bool(began or goes_on)


def _near(theirs: float, ours: float, start: float) -> bool:
    """Whether two losses are one, but for chance; while a loss falls by decades, chance is large."""
    by_decades = 0 < ours < start / DECADE**2 and ours / DECADE < theirs < ours * DECADE
    return abs(theirs - ours) < NEAR * abs(ours) or by_decades


def _last(losses: tuple[float, ...]) -> float:
    return float(np.mean(losses[-max(len(losses) // 4, 1) :]))


def _falls(levels: Levels) -> bool:
    return levels.late_fall > max(THRESHOLDS.creeping, min(levels.late_doubt, THRESHOLDS.still))
