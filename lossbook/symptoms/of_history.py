"""The symptom of a run, from everything that its history holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lossbook import checks
from lossbook.constants import CLASSES
from lossbook.symptoms.codes import Verdict
from lossbook.symptoms.thresholds import LEAST_LOOKS, THRESHOLDS

if TYPE_CHECKING:
    from lossbook.experiment import History


def symptom_of(history: History, *, chance: float | None = None, floor: float | None = None) -> Verdict:
    """The symptom of a run, from everything that its history holds.

    The yardstick is ``reference_loss``: it is measured in eval mode on fixed examples, so that only the weights move
    it. ``loss`` decides on NaN and on spikes, ``val_loss`` and ``metric`` on overfitting, and ``val_loss`` on what is
    too good. The verdict does not change if the same number is added to all losses, ``chance`` and ``floor``, or if all
    of them are multiplied by the same positive number; but losses of exactly 0, at look after look, are too good.

    Args:
        history: of a run with at least 8 looks at ``reference_loss``.
        chance: the loss of a model that knows nothing, in the loss's unit, as ``expected_initial_loss`` gives it; by
            default ``history.chance``, which a run computes from its targets if it can; else ln K, if the run fell to
            it and stopped there; else the loss with which the run began. A run that starts lower, as in fine-tuning, is
            measured from its start.
        floor: the lowest loss that the task allows, in the same unit: 0 for classes that can be told apart, an entropy
            for smoothed or noisy targets. None if it is not known. Then no run is called a plateau, since a curve alone
            cannot tell a plateau from a floor; losses are measured from 0, or, if some are negative, from a level at or
            below the lowest.

    Raises:
        ValueError: too few looks; ``chance`` or ``floor`` is not finite; ``chance``, or the loss with which the run
            began, is not above ``floor``.
        TypeError: ``history`` is no history; ``chance`` or ``floor`` is no Python number.
    """
    checks.has_fields("history", history, ("loss", "eval_step", "reference_loss", "val_loss", "metric"), "run() gives")
    reference, val, metric = (np.array(getattr(history, name)) for name in ("reference_loss", "val_loss", "metric"))
    for name, value in (("chance", chance), ("floor", floor)):
        if value is not None:
            checks.in_interval(name, value, "(-inf, inf)")
    if (not_finite := _not_finite(history)) is not None:
        return not_finite
    if len(reference) < LEAST_LOOKS:
        rule = f"history must have at least {LEAST_LOOKS} looks at reference_loss, got {len(reference)}"
        raise ValueError(f"{rule}. Run the experiment again with a smaller eval_every.")
    if not reference[-LEAST_LOOKS // 2 :].any() and not val[-LEAST_LOOKS // 2 :].any():
        return Verdict("too-good", ("reference_loss", "val_loss"), "exactly 0 at the last looks")
    if chance is None:
        chance = _chance(history)
    if floor is not None and chance is not None and chance <= floor:
        raise ValueError(f"chance must lie above floor, got chance {chance} and floor {floor}.")
    start = float(reference[0])
    if floor is not None and start <= floor:
        raise ValueError(f"floor must lie below the first reference_loss, {start:.6g}, got {floor}.")
    began = start if chance is None else min(chance, start)
    zero = _zero(began, reference, val) if floor is None else floor
    unit = began - zero
    level, held_out = (reference - zero) / unit, (val - zero) / unit
    if (zero == 0 or floor is not None) and (too_good := _too_good(level, held_out)) is not None:
        return too_good
    return _judge(history, level, held_out, metric, unit, floor_known=floor is not None)


def _not_finite(history: History) -> Verdict | None:
    """The verdict on NaN and infinity in one of the losses; the first field that holds one is named."""
    for name in ("loss", "reference_loss", "val_loss"):
        bad = np.flatnonzero(~np.isfinite(getattr(history, name)))
        if len(bad):
            step = int(bad[0]) if name == "loss" else history.eval_step[int(bad[0])]
            return Verdict("non-finite", (name,), f"not a finite number from step {step} on")
    return None


def _chance(history: History) -> float | None:
    """The loss of a model that knows nothing: as the run noted it, or ln K if the run fell to it and stopped there."""
    if history.chance is not None:
        return history.chance
    looks = np.array(history.reference_loss)
    last = looks[-max(len(looks) // 4, 2) :]
    for chance in map(math.log, CLASSES):
        if looks[0] > chance and np.abs(last / chance - 1).max() < THRESHOLDS.constant:
            return chance
    return None


def _zero(began: float, reference: np.ndarray, val: np.ndarray) -> float:
    """The lower end of the range without a floor: 0, or a level at or below the lowest loss if that is negative."""
    lowest = float(min(reference.min(), val.min())) if len(val) else float(reference.min())
    if lowest >= 0 and began > 0:
        return 0.0
    return min(lowest, began - max(abs(began), abs(lowest), 1e-12))


def _too_good(level: np.ndarray, val: np.ndarray) -> Verdict | None:
    """The verdict on a run that ends at the floor, on held-out data too; both losses are in ranges."""
    quarter = max(len(level) // 4, 2)
    ends = [float(each[-quarter:].max()) for each in (level, val) if len(each)]
    if len(ends) < 2 or not max(ends) < THRESHOLDS.too_good:
        return None
    reading = f"{ends[0]:.0e} and {ends[1]:.0e} of the way from the floor to the start, at most, in the last quarter"
    return Verdict("too-good", ("reference_loss", "val_loss"), reading)


def _judge(
    history: History, level: np.ndarray, val: np.ndarray, metric: np.ndarray, unit: float, *, floor_known: bool
) -> Verdict:
    """``level`` and ``val`` are losses in units of the range, ``unit``: 1 where the run began, 0 at the floor."""
    limits, on_reference = THRESHOLDS, ("reference_loss",)
    half, quarter = level[len(level) // 2 :], max(len(level) // 4, 2)
    tail = level[-max(quarter, 4) :]
    end, fall = float(level[-quarter:].mean()), 1.0 - float(level[-quarter:].mean())
    swing = min(float(np.abs(np.diff(part)).mean()) for part in (half, tail))
    late_fall = float(level[-2 * quarter : -quarter].mean()) - end
    goes_on = tail[: len(tail) // 2].mean() - tail[len(tail) // 2 :].mean() > limits.going_on * late_fall
    steady = min(float((np.diff(part) < 0).mean()) for part in (half, tail)) >= limits.steady
    reading = (
        f"ends at {end:.0%} of the way from the floor to its start; mean step between looks {swing:.1%}; "
        f"fell by {late_fall:.1%} of that way in the last quarter{', steadily' * steady}"
    )
    if end > 1 + limits.diverged:
        return Verdict("diverging", on_reference, reading)
    if swing > limits.swing:
        return Verdict("oscillating", on_reference, reading)
    if fall < limits.learned:
        return Verdict("slow" if fall > limits.moved and steady else "high-flat", on_reference, reading)
    if (overfitting := _overfitting(level, val, metric)) is not None:
        return Verdict("overfitting", ("reference_loss", "val_loss", "metric"), overfitting)
    if end > limits.high:
        if goes_on and late_fall > (limits.creeping if steady else limits.still_falling):
            return Verdict("slow", on_reference, reading)
        if floor_known:
            return Verdict("plateau", on_reference, reading)
        reading += "; without a known floor, a curve cannot say whether it could fall further"
    if (spikes := _spikes(np.array(history.loss), unit)) >= limits.spikes:
        return Verdict("spiking", ("loss", "reference_loss"), f"{spikes} spikes; {reading}")
    return Verdict("healthy", ("loss", "reference_loss", "val_loss"), reading)


def _overfitting(level: np.ndarray, val: np.ndarray, metric: np.ndarray) -> str | None:
    """The numbers, if the held-out loss never followed, or turned while the metric did not gain; losses in ranges."""
    if len(val) != len(level):  # nothing is held out
        return None
    limits, quarter = THRESHOLDS, max(len(val) // 4, 2)
    lowest = int(val.argmin())
    end = float(val[-quarter:].mean())
    rise = (end - float(val[lowest])) / max(float(val[lowest]), limits.val_least)
    gain = float(metric[-quarter:].mean() - metric[lowest]) if np.isfinite(metric).all() and len(metric) else 0.0
    began = min(float(val[0]), 1.0)
    followed = (began - end) / (1 - float(level[-quarter:].mean()))
    fell_on = level[-quarter:].mean() < limits.train_fall * level[lowest]
    turned = rise > limits.val_rise and fell_on and gain < limits.metric_gain
    if not turned and followed >= limits.val_lag:
        return None
    ends = f"val_loss ends at {end:.0%} of the way from the floor to the start, {float(val[lowest]):.0%} at its lowest"
    return f"{ends}; reference_loss ends at {float(level[-quarter:].mean()):.0%}; metric {gain:+.3f} since the lowest"


def _spikes(loss: np.ndarray, unit: float) -> int:
    """How often the batch loss is far above its surroundings, without the first steps."""
    limits = THRESHOLDS
    width = limits.spike_window
    first = min(max(len(loss) // 10, width), 3 * width)
    windows = [loss[None, step - width :] for step in range(max(len(loss) - width, first), len(loss))]  # cut at the end
    if len(loss) > first + width:
        windows.insert(0, sliding_window_view(loss[first - width :], 2 * width + 1))
    high = [np.zeros(1, dtype=bool)]
    for around in windows:
        middle = np.median(around, axis=1)
        spread = np.median(np.abs(around - middle[:, None]), axis=1)
        high.append(around[:, width] - middle > np.maximum(limits.spike * unit, limits.spike_spread * spread))
    return int(np.sum(np.diff(np.concatenate(high).astype(int)) == 1))
