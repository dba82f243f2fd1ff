"""THRESHOLDS: one table for every run and every recorded curve."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_LOOKS = 8  # entries of reference_loss that a verdict needs


@dataclass(frozen=True)
class Thresholds:
    """One table for every run. Losses are measured in units of the *range*, from the floor to where the run began.

    The looks are split in quarters of the run. "The end" is the last quarter, so that a run that continues as in its
    last quarter keeps its verdict.

    Each number lies in a gap that was seen between healthy and broken runs on digits; ``tests/test_scenarios.py`` has
    the runs.
    """

    #: a run whose training and held-out loss both end lower is too good; healthy ones reach 6e-4
    too_good: float = 1e-4
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
    faster: float = 1.2  #: a loss below 0 falls ever faster if each quarter's fall is so many times the last one's
    far_below: float = 10.0  #: and nothing holds it if it ends so many times as far from 0 as it began
    grown: float = 0.25  #: a loss that rises steadily diverges if its end lies this many ranges above the start
    lost: float = 0.5  #: and a loss diverges that lost for good this share of what it had fallen
    wave: float = 0.15  #: a swing that returns regularly counts if it is larger, from the 10th to the 90th percentile
    wild: float = 1.0  #: a swing without any order counts if it is larger
    wild_short: float = 0.8  #: the same where there are too few points to see an order
    regular: float = 0.45  #: a swing returns regularly if the losses correlate more with those of one period later
    #: the most that is asked for where there are few points, in which noise correlates, too
    regular_short: float = 0.75
    spike_lasting: float = 0.25  #: as ``spike``, for a spike that lasts several points
    noise: float = 3.0  #: a difference counts if it is so many times what noise makes of it
    stopped: float = 0.2  #: a run is called slow for creeping only if it has fallen less
    still: float = 0.01  #: a noisy loss has stopped if it falls by less from the third quarter to the last


THRESHOLDS = Thresholds()
