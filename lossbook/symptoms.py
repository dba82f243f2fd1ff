"""The symptoms of a run: nine codes, each with the sentence that the reader sees, and the judge that gives one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lossbook import checks

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
    "healthy": "The loss falls as it should.",
}  #: code -> sentence; every verdict on a run is one of these nine

LEAST_LOOKS = 8  # entries of reference_loss that a verdict needs


@dataclass(frozen=True)
class Thresholds:
    """One table for every run. Losses are measured in units of the *range*, from the floor to where the run began.

    Each number stands in a gap that was seen between healthy and broken runs on digits; ``tests/test_scenarios.py``
    has the runs.
    """

    diverged: float = 4.0  #: end above the start, in ranges, beyond which the run diverges
    swing: float = 0.15  #: mean step between looks in the second half, above which the loss swings
    learned: float = 0.05  #: fall from the start, below which nothing or next to nothing was learned
    moved: float = 0.01  #: fall from the start, below which nothing at all was learned
    steady: float = 0.75  #: share of looks in the second half that are lower than the one before, if it still falls
    high: float = 0.5  #: end above the floor, beyond which a run that has learned is not done
    still_falling: float = 0.05  #: fall from the third quarter to the last, above which a loss has not stopped
    creeping: float = 0.005  #: the same for a fall that is steady
    val_rise: float = 0.15  #: end of val_loss above its lowest point, relative to that, above which it has turned
    train_fall: float = 0.8  #: reference_loss at the end over that at the lowest val_loss, below which it fell on
    val_lag: float = 0.5  #: fall of val_loss, from chance at most, over the fall of reference_loss, if it follows
    metric_gain: float = 0.03  #: gain of the metric since the lowest val_loss that forgives a risen val_loss
    spike: float = 1.0  #: batch loss above the median of its surroundings, beyond which it is a spike
    spike_spread: float = 8.0  #: the same in units of the surroundings' median distance from that median
    spikes: int = 2  #: how many spikes make a spiking run; a single one can be a batch of hard examples
    spike_window: int = 10  #: steps on either side that are the surroundings of a step


THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Verdict:
    """What :func:`symptom_of` says of a run."""

    code: str  #: a key of ``SYMPTOMS``
    fields: tuple[str, ...]  #: the fields of the history that decided
    reading: str  #: the numbers that decided, in one line

    @property
    def sentence(self) -> str:
        """The code in words."""
        return SYMPTOMS[self.code]

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence} ({', '.join(self.fields)}: {self.reading})"


def symptom_of(history: History, *, chance: float | None = None, floor: float = 0.0) -> Verdict:
    """The symptom of a run, from everything that its history holds.

    The yardstick is ``reference_loss``: it is measured in eval mode on fixed examples, so that its movements are those
    of the weights. ``loss`` decides on NaN and on spikes, ``val_loss`` and ``metric`` on overfitting.

    Args:
        history: of a run with at least 8 looks at ``reference_loss``.
        chance: the loss of a model that knows nothing, in the loss's unit, as ``expected_initial_loss`` gives it; by
            default where the run began. A run that starts lower, as a fine-tuning does, is measured from its start.
        floor: the lowest loss that the task allows, in the same unit: an entropy for smoothed or noisy targets. A
            curve alone cannot tell a plateau from a floor.

    Raises:
        ValueError: too few looks; or ``chance`` not above ``floor``.
    """
    reference, val, metric = (np.array(getattr(history, name)) for name in ("reference_loss", "val_loss", "metric"))
    if not (np.isfinite(history.loss).all() and np.isfinite(reference).all()):
        first = next((step for step, value in enumerate(history.loss) if not np.isfinite(value)), len(history.loss))
        return Verdict("non-finite", ("loss", "reference_loss"), f"not a finite number from step {first} on")
    if len(reference) < LEAST_LOOKS:
        rule = f"history must have at least {LEAST_LOOKS} looks at reference_loss, got {len(reference)}"
        raise ValueError(f"{rule}. Run the experiment again with a smaller eval_every.")
    checks.number("floor", floor)
    if chance is not None:
        checks.number("chance", chance)
        if chance <= floor:
            raise ValueError(f"chance must lie above floor, got chance {chance} and floor {floor}.")
    began = float(reference[0]) if chance is None else min(chance, float(reference[0]))
    unit = began - floor if began > floor else max(abs(began), 1e-12)
    return _judge(history, (reference - floor) / unit, (val - floor) / unit, metric)


def _judge(history: History, level: np.ndarray, val: np.ndarray, metric: np.ndarray) -> Verdict:
    """``level`` and ``val`` are losses in units of the range: 1 where the run began, 0 at the floor."""
    limits, on_reference = THRESHOLDS, ("reference_loss",)
    half, quarter = level[len(level) // 2 :], max(len(level) // 4, 2)
    end, fall = float(level[-quarter:].mean()), 1.0 - float(level[-quarter:].mean())
    swing = float(np.abs(np.diff(half)).mean())
    late_fall = float(level[-2 * quarter : -quarter].mean()) - end
    steady = float((np.diff(half) < 0).mean()) >= limits.steady
    reading = (
        f"ends at {end:.2f} of its range, swings by {swing:.3f}, fell by {late_fall:.3f} of late{', steadily' * steady}"
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
        falling = late_fall > (limits.creeping if steady else limits.still_falling)
        return Verdict("slow" if falling else "plateau", on_reference, reading)
    scale = history.reference_loss[0] / max(float(level[0]), 1e-12)
    if (spikes := _spikes(np.array(history.loss), scale)) >= THRESHOLDS.spikes:
        return Verdict("spiking", ("loss", "reference_loss"), f"{spikes} spikes; {reading}")
    return Verdict("healthy", ("loss", "reference_loss", "val_loss"), reading)


def _overfitting(level: np.ndarray, val: np.ndarray, metric: np.ndarray) -> str | None:
    """The numbers, if the held-out loss turned or never followed while the metric did not gain; both in ranges."""
    limits, quarter = THRESHOLDS, max(len(val) // 4, 2)
    lowest = int(val.argmin())
    end = float(val[-quarter:].mean())
    rise = end / float(val[lowest]) - 1 if val[lowest] > 0 else 0.0
    gain = float(metric[-quarter:].mean() - metric[lowest])
    followed = (min(float(val[0]), 1.0) - end) / (1 - float(level[-quarter:].mean()))
    fell_on = level[-quarter:].mean() < limits.train_fall * level[lowest]
    turned = rise > limits.val_rise and fell_on and gain < limits.metric_gain
    if not turned and followed >= limits.val_lag:
        return None
    ends = f"val_loss ends at {end:.2f} of its range, {float(val[lowest]):.2f} at its lowest"
    return f"{ends}; reference_loss ends at {float(level[-quarter:].mean()):.2f}; metric {gain:+.3f} since the lowest"


def _spikes(loss: np.ndarray, scale: float) -> int:
    """How often the batch loss stands far above its surroundings, the first tenth of the run left out."""
    limits, high = THRESHOLDS, [False]
    width = limits.spike_window
    for step in range(max(len(loss) // 10, width), len(loss)):
        around = loss[max(step - width, 0) : step + width + 1]
        middle = np.median(around)
        spread = np.median(np.abs(around - middle))
        high.append(loss[step] - middle > max(limits.spike * scale, limits.spike_spread * spread))
    return int(np.sum(np.diff(np.array(high).astype(int)) == 1))
