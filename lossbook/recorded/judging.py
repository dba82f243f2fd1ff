"""The symptom of a recorded curve, from its numbers alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lossbook.recorded.curve import Curve, as_curve
from lossbook.recorded.levels import Levels, levels_of, share
from lossbook.recorded.shape import Spikes, looks, swings
from lossbook.symptoms import LEAST_LOOKS, THRESHOLDS, Verdict

LEAST_POINTS = 4  # for what shows at once: a loss that explodes, stands still, or has clearly fallen


def symptom(train_losses: Any, val_losses: Any = None, metric: Any = None) -> Verdict:
    """The symptom of a recorded curve, from its numbers alone.

    The same table of thresholds judges as in :func:`lossbook.symptom_of`, but the losses may be those of single
    batches: spikes are taken out and noise is averaged before anything is compared, and a difference counts only if
    noise does not make it. Chance is known if the loss stops at ln K, or else is where the run began. The floor is not
    known: a plateau is what stops above half of the way down.

    Args:
        train_losses: the training losses in order, (N,): a list, an array, a tensor; a dict with ``loss`` and perhaps
            ``val_loss``; a :class:`Curve`; or the path of a file that :func:`lossbook.read_curve` reads.
        val_losses: the held-out losses, (M,), at even distances over the run, the last at its end.
        metric: a score on held-out data, (M,), higher is better: a risen held-out loss is excused while it rises.

    Returns:
        The verdict. Its code is a key of ``SYMPTOMS``, or "too-short": fewer than 8 points show what is very clear, and
        fewer than 4 only that they are not finite.

    Raises:
        ValueError: an argument is no row of numbers, or a file cannot be read as a curve.

    >>> symptom([2.31, 2.30, 2.30, 2.31, 2.30, 2.30, 2.31, 2.30, 2.30]).code
    'high-flat'
    >>> symptom([2.3, 1.9]).code
    'too-short'
    """
    curve = as_curve(train_losses, val_losses, metric)
    if (not_finite := _not_finite(curve)) is not None:
        return not_finite
    points = len(curve.loss)
    if points < LEAST_POINTS:
        least = f"{points} point{'s' * (points != 1)}, and a judgement takes {LEAST_POINTS}, mostly {LEAST_LOOKS}"
        return Verdict("too-short", ("loss",), least)
    curve = _in_reach(curve)
    found, levels = levels_of(curve)
    verdict = _judge(curve, levels, found)
    if points < LEAST_LOOKS and not _clear(verdict.code, levels):
        reading = f"{points} points, and {LEAST_LOOKS} are needed where nothing is very clear; {verdict.reading}"
        return Verdict("too-short", ("loss",), reading)
    return verdict


def _in_reach(curve: Curve) -> Curve:
    """The curve in another unit, if squares of its numbers are too large or too small for a float."""
    largest = max((float(np.abs(part).max()) for part in (curve.loss, curve.val_loss) if len(part)), default=0.0)
    if largest == 0 or 1e-100 < largest < 1e100:
        return curve
    return replace(curve, loss=curve.loss / largest, val_loss=curve.val_loss / largest)


def _clear(code: str, levels: Levels) -> bool:
    """Whether a verdict can be trusted though there are fewer than 8 points."""
    falls = bool((np.diff(levels.looks) < 0).all())
    flat = float(np.ptp(levels.looks)) < THRESHOLDS.learned
    grows = bool((np.diff(levels.looks) > 0).all()) or levels.end > 1 + THRESHOLDS.diverged
    return {
        "healthy": falls and levels.end < THRESHOLDS.high,
        "high-flat": flat,
        "diverging": grows,
        "overfitting": True,
        "too-good": True,
    }.get(code, False)


def _not_finite(curve: Curve) -> Verdict | None:
    """The verdict on NaN and infinity, in the training loss first."""
    for name, step in (("loss", curve.step), ("val_loss", curve.val_step)):
        bad = ~np.isfinite(getattr(curve, name))
        if bad.any():
            first = f"{step[int(bad.argmax())]:g}"
            reading = f"not a finite number from step {first} on" if bad[int(bad.argmax()) :].all() else ""
            many = f"not finite at {int(bad.sum())} of {len(bad)} points, first at step {first}"
            return Verdict("non-finite", (name,), reading or many)
    return None


def _judge(curve: Curve, levels: Levels, found: Spikes) -> Verdict:
    limits, level, end = THRESHOLDS, levels.looks, levels.end
    reading = (
        f"ends at {share(end, levels.one)}; {'fell' if levels.late_fall >= 0 else 'rose'} by "
        f"{share(abs(levels.late_fall), 'it')} in the last quarter{', steadily' * levels.steady}"
    )

    def verdict(code: str) -> Verdict:
        return Verdict(code, ("loss",), reading)

    if (too_good := _too_good(curve, levels)) is not None:
        return too_good
    if end > 1 + limits.diverged or _grows(levels):
        return verdict("diverging")
    if (width := _swing(found.calm, levels)) is not None:
        reading = f"swings by {share(width, levels.one)} in its second half; {reading}"
        return verdict("oscillating")
    if (overfitting := _overfitting(curve, levels)) is not None:
        return Verdict("overfitting", ("loss", "val_loss", "metric"), overfitting)
    half = len(level) // 2
    capped = np.minimum(level, 1)  # a run that came down to chance began higher
    fall, halves = 1 - end, float(capped[:half].mean() - capped[half:].mean())
    if fall < limits.learned + levels.doubt and halves < limits.learned + levels.late_doubt:
        creeps = fall > limits.moved and levels.steady
        return verdict("slow" if creeps else "high-flat")
    if end > limits.high:
        tail = level[-max(len(level) // 4, 4) :]
        going_on = tail[: len(tail) // 2].mean() - tail[len(tail) // 2 :].mean() > limits.going_on * levels.late_fall
        creeping = levels.late_fall > max(limits.creeping, levels.late_doubt)
        if going_on and levels.late_fall > limits.still_falling + levels.late_doubt:
            return verdict("slow")
        if creeping and levels.steady and fall < limits.stopped:
            return verdict("slow")
        reading += "; without a known floor, a curve cannot say whether it could fall further"
        if levels.late_fall <= max(limits.creeping, min(levels.late_doubt, limits.still)):
            return verdict("plateau")
    if found.number >= limits.spikes:
        reading = f"{found.number} spikes; {reading}"
        return verdict("spiking")
    return Verdict("healthy", ("loss", "val_loss")[: 1 + bool(len(curve.val_loss))], reading)


def _too_good(curve: Curve, levels: Levels) -> Verdict | None:
    """The verdict on a loss that ends at 0, on held-out data too, if there are any, or that falls without a bound."""
    if levels.zero != 0:
        return _unbounded(levels)
    last = [part[-max(len(part) // 4, 2) :] for part in (curve.loss, curve.val_loss) if len(part)]
    exact = not any(part.any() for part in last)
    near = len(last) == 2 and max(float(part.max()) for part in last) < THRESHOLDS.too_good * levels.unit
    if not exact and not near:
        return None
    ends = " and ".join(f"{float(part.max()):.0e}" for part in last)
    return Verdict("too-good", ("loss", "val_loss")[: len(last)], f"at most {ends} in the last quarter")


def _unbounded(levels: Levels) -> Verdict | None:
    """The verdict on a loss that falls far below 0, in each quarter farther than in the last: nothing holds it."""
    quarters = [float(part.mean()) for part in np.array_split(levels.looks, 4)]
    falls = -np.diff(quarters, prepend=1.0)
    faster = bool((falls[1:] > THRESHOLDS.faster * np.maximum(falls[:-1], 0)).all())
    end, start = levels.zero + levels.end * levels.unit, levels.zero + levels.unit
    if len(levels.looks) < LEAST_LOOKS or not faster or end > -THRESHOLDS.far_below * abs(start):
        return None
    fell = ", ".join(share(float(fall)) for fall in falls)
    return Verdict(
        "too-good", ("loss",), f"falls below 0 and ever faster: by {fell} of its range from quarter to quarter"
    )


def _grows(levels: Levels) -> bool:
    """Whether the loss rises for good: above where it began, or back over most of what it had fallen."""
    limits, level = THRESHOLDS, levels.looks
    tail = level[-max(len(level) // 4, 2) :]
    rises = -levels.late_fall > levels.late_doubt
    if levels.end > 1 + limits.grown and rises:
        return True
    lowest, before = int(level.argmin()), float(level.min())
    back = float(tail.min()) - before
    fell = 1 - before > limits.wave + levels.doubt
    return bool(fell and lowest < len(level) - len(tail) and back > limits.lost * (1 - before) and back > limits.wave)


def _swing(calm: np.ndarray, levels: Levels) -> float | None:
    """The width of a swing that counts, in ranges: one that returns regularly, or one that no noise would have."""
    for swing in swings(calm) if len(calm) >= LEAST_LOOKS else []:
        wild = THRESHOLDS.wild if swing.ordered else THRESHOLDS.wild_short
        width = swing.width / levels.unit
        if width > (THRESHOLDS.wave if swing.regular else wild):
            return width
    return None


def _overfitting(curve: Curve, levels: Levels) -> str | None:
    """The numbers, if the held-out loss never followed, or turned while the metric did not gain."""
    if len(curve.val_loss) < 2 or levels.end >= 1:
        return None
    limits, val = THRESHOLDS, (curve.val_loss - levels.zero) / levels.unit
    quarter = max(len(val) // 4, 1)
    lowest, end = int(val.argmin()), float(val[-quarter:].mean())
    train = np.interp(curve.val_step[lowest], looks(curve.step), levels.looks)
    rise = (end - float(val[lowest])) / max(float(val[lowest]), limits.val_least)
    score = curve.metric
    gain = float(score[-quarter:].mean() - score[lowest]) if len(score) and np.isfinite(score).all() else 0.0
    turned = len(val) > 2 and rise > limits.val_rise and levels.end < limits.train_fall * train
    comparable = limits.high < float(val[0]) < 1 + limits.high  # else it counts in another unit
    lags = comparable and levels.end < limits.high and 1 - float(val[lowest]) < limits.val_lag * (1 - levels.end)
    if not (turned and gain < limits.metric_gain) and not lags:
        return None
    ends = f"val_loss ends at {share(end, 'where the training loss began')}, {share(float(val[lowest]))} at its lowest"
    scored = f"; metric {gain:+.3f} since the lowest" if len(score) else ""
    return f"{ends}; the training loss ends at {share(levels.end)}{scored}"
