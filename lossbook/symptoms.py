"""The symptoms of a run: ten codes, each with the sentence that the reader sees, and the function that chooses one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lossbook import checks
from lossbook.constants import CLASSES

if TYPE_CHECKING:
    from lossbook.experiment import History

SYMPTOMS: dict[str, str] = {
    "high-flat": "The loss starts high and stays flat: the model learns nothing.",
    "oscillating": "The loss swings up and down without getting lower.",
    "diverging": "The loss grows beyond where it began.",
    "plateau": "The loss falls at first and then stops, well above where it could be.",
    "non-finite": "The loss became NaN or infinite.",
    "overfitting": "The training loss falls while the loss on held-out data does not.",
    "slow": "The loss falls, but far too slowly.",
    "spiking": "The loss falls, with sudden spikes from which it recovers.",
    "too-good": "The loss is lower than it can honestly be.",
    "healthy": "The loss falls as it should.",
}  #: code -> sentence; every verdict on a run is one of these ten

#: verdicts that are no symptoms, with their sentences
NO_SYMPTOM = {"too-short": "The curve is too short to judge."}

LEAST_LOOKS = 8  # entries of reference_loss that a verdict needs


@dataclass(frozen=True)
class Thresholds:
    """One table for every run. Losses are measured in units of the *range*, from the floor to where the run began.

    The looks are split in quarters of the run. "The end" is the last quarter, so that a run that continues as in its
    last quarter keeps its verdict.

    Each number lies in a gap that was seen between healthy and broken runs on digits; ``tests/test_scenarios.py`` has
    the runs.
    """

    too_good: float = (
        1e-4  #: a run whose training and held-out loss both end lower is too good: healthy ones reach 6e-4
    )
    diverged: float = 4.0  #: the run diverges if its end lies more than this many ranges above the start
    swing: float = 0.15  #: it swings if the mean step between looks is larger, in second half and last quarter
    learned: float = 0.05  #: with a smaller fall from the start, next to nothing was learned
    moved: float = 0.01  #: with a smaller fall from the start, nothing at all was learned
    steady: float = 0.75  #: it falls steadily if more looks are lower than the one before, in both of these parts
    high: float = 0.5  #: a run that has learned is not done if its end is higher above the floor
    still_falling: float = 0.05  #: with a larger fall from the third quarter to the last, the loss has not stopped
    going_on: float = 0.2  #: the fall goes on if the halves of the last quarter differ by more than this share of it
    creeping: float = 0.005  #: as ``still_falling``, for a fall that is steady
    val_rise: float = 0.15  #: val_loss has turned if its end is higher above its lowest point, relative to that
    val_least: float = 0.01  #: in that comparison the lowest point counts as at least this high, in ranges
    train_fall: float = 0.8  #: reference_loss fell on if it ends below this share of its value at the lowest val_loss
    val_lag: float = 0.5  #: val_loss follows if it falls, from chance at most, by this share of the other fall
    metric_gain: float = 0.03  #: a larger gain of the metric since the lowest val_loss excuses a risen val_loss
    spike: float = 1.0  #: a batch loss is a spike if it lies this many ranges above the median of its surroundings
    spike_spread: float = 8.0  #: and also this many times the surroundings' median distance from that median
    spikes: int = 2  #: so many spikes make a spiking run; a single spike can be a batch of hard examples
    spike_window: int = 10  #: so many steps on either side are the surroundings of a step
    constant: float = 0.005  #: the last quarter is at ln K if its looks are nearer to it, relative to ln K

    # for bare numbers, which can be the losses of single batches: lossbook/recorded/judging.py
    grown: float = 0.25  #: a loss that rises steadily diverges if its end lies this many ranges above the start
    lost: float = 0.5  #: and a loss diverges that lost for good this share of what it had fallen
    wave: float = 0.15  #: a swing that returns regularly counts if it is larger, from the 10th to the 90th percentile
    wild: float = 1.0  #: a swing without any order counts if it is larger
    wild_short: float = 0.6  #: the same where there are too few points to see an order
    regular: float = 0.45  #: a swing returns regularly if the losses correlate more with those of one period later
    regular_short: float = 0.6  #: the same where there are too few points
    spike_lasting: float = 0.25  #: as ``spike``, for a spike that lasts several points
    noise: float = 3.0  #: a difference counts if it is so many times what noise makes of it
    stopped: float = 0.2  #: a run is called slow for creeping only if it has fallen less
    still: float = 0.01  #: a noisy loss has stopped if it falls by less from the third quarter to the last
    zero: float = 1e-4  #: a training and a held-out loss that both end below it are too good


THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Verdict:
    """The verdict of :func:`symptom_of` on a run."""

    code: str  #: a key of ``SYMPTOMS``, or of ``NO_SYMPTOM``
    fields: tuple[str, ...]  #: the fields of the history that decided
    reading: str  #: the numbers that decided, in one line

    @property
    def sentence(self) -> str:
        """The code in words."""
        return (SYMPTOMS | NO_SYMPTOM)[self.code]

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence} ({', '.join(self.fields)}: {self.reading})"


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
    limits, high = THRESHOLDS, [False]
    width = limits.spike_window
    for step in range(min(max(len(loss) // 10, width), 3 * width), len(loss)):
        around = loss[max(step - width, 0) : step + width + 1]
        middle = np.median(around)
        spread = np.median(np.abs(around - middle))
        high.append(loss[step] - middle > max(limits.spike * unit, limits.spike_spread * spread))
    return int(np.sum(np.diff(np.array(high).astype(int)) == 1))
