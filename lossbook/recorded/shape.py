"""What is measured of bare losses before they are judged: noise, spikes and swings. All of it is vectorised."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lossbook.symptoms import THRESHOLDS

LOOKS = 40  # means of so many parts of a run stand for what symptom_of calls looks
BLOCK = 7  # points; a spike is compared with three such blocks, its own in the middle
SHORT = 24  # points; with fewer, an order must be clearer, since noise can look like one
SEEN = 512  # the swings of so many points are looked at, at each scale
LEAST_PERIODS = 3  # a swing must return so often in the part that is looked at
FAST_FALL, EXPLODED = 0.1, 3.0  # of the first loss: what lies outside within the first steps is no noise
ORDER = 20  # points that show whether a swing has an order


class Spikes(NamedTuple):
    """Losses far above their surroundings from which the run recovers."""

    number: int  #: how many; points side by side are one
    calm: np.ndarray  #: the losses without them, (N,)


class Swing(NamedTuple):
    """How far the last part of a run goes up and down."""

    width: float  #: from the 10th to the 90th percentile, in the loss's unit
    regular: bool  #: whether it returns at regular distances
    ordered: bool  #: whether there are enough points to see an order


def looks(loss: np.ndarray, count: int = LOOKS) -> np.ndarray:
    """The means of at most ``count`` parts of a run."""
    if len(loss) <= count:
        return loss
    starts = np.linspace(0, len(loss), count, endpoint=False).astype(int)
    return np.add.reduceat(loss, starts) / np.diff(np.append(starts, len(loss)))


def began(loss: np.ndarray) -> tuple[float, int]:
    """The loss with which a run began, and of how many points it is the median: one point can be an outlier.

    It is the first loss alone if the next ones are in another world, as where a run explodes at its second step.
    """
    count = min(max(len(loss) * 3 // 100, 1), 50)
    first, median = float(loss[0]), float(np.median(loss[:count]))
    if first > 0 and not FAST_FALL * first < median < EXPLODED * first:
        return first, 1
    return median, count


def noise(loss: np.ndarray) -> float:
    """The standard deviation of the noise between neighbours: the median of their distances tells it, if it is white.

    >>> round(noise(np.random.default_rng(0).normal(2.3, 0.1, 10_000)), 2)
    0.1
    """
    some = loss[len(loss) // 4 :][-20_000:]
    return float(np.median(np.abs(np.diff(some)))) / 0.954 if len(some) > 2 else 0.0


def spikes(loss: np.ndarray, unit: float) -> Spikes:
    """The spikes of a run, without its first tenth; ``unit`` is the range from the floor to where the run began."""
    count = len(loss) // BLOCK
    if count < 3:
        return Spikes(0, loss)
    blocks = loss[: count * BLOCK].reshape(count, BLOCK)
    level = _of_three(np.sort(blocks, axis=1)[:, BLOCK // 2])
    spread = _around(_of_three(np.sort(np.abs(blocks - level[:, None]), axis=1)[:, BLOCK // 2]))
    last = np.minimum(np.arange(len(loss)) // BLOCK, count - 1)
    above = loss - level[last]
    wide = THRESHOLDS.spike_spread * spread
    if loss.min() > 0:  # the noise of a loss is often a factor: what is rare as a sum need not be rare as a factor
        wide = level * np.expm1(np.minimum(wide / level, 50.0))
    far = above > np.maximum(THRESHOLDS.spike_lasting * unit, wide[last])
    far[: min(max(len(loss) // 10, 10), 30)] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], far.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return Spikes(0, loss)
    heights = np.maximum.reduceat(above, starts)
    kept = ((ends - starts > 1) | (heights > THRESHOLDS.spike * unit)) & (
        ends < len(loss)
    )  # the last has not recovered
    return Spikes(int(kept.sum()), np.where(far, level[last], loss))


def _of_three(values: np.ndarray) -> np.ndarray:
    """The median of each value and its two neighbours."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    left, middle, right = padded[:-2], padded[1:-1], padded[2:]
    return np.maximum(np.minimum(left, middle), np.minimum(np.maximum(left, middle), right))


def _around(values: np.ndarray, reach: int = 7) -> np.ndarray:
    """The mean of each value and so many on either side: the spread of seven points alone is too uncertain."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    here = np.arange(len(values))
    first, end = np.maximum(here - reach, 0), np.minimum(here + reach + 1, len(values))
    return (total[end] - total[first]) / (end - first)


def swings(loss: np.ndarray) -> list[Swing]:
    """How the second half goes up and down, without its trend, at several scales: points, means of 8, of 64, and so on.

    Only what is there in the last quarter too counts: its width is the smaller one of both. In a short run, an order is
    looked for in more than the second half.
    """
    found, scale = [], 1
    while (count := min(len(loss) // (2 * scale), SEEN)) >= 4:
        means = _tail_means(loss, count, scale)
        rest = _without_trend(means)
        wide = min(float(np.ptp(np.percentile(part, (10, 90)))) for part in (rest, rest[count // 2 :]))
        longer = _without_trend(_tail_means(loss, min(len(loss) // scale, SHORT), scale)) if count < SHORT else rest
        found.append(Swing(wide, _returns(longer), count >= ORDER))
        scale *= 8
    return found


def _tail_means(loss: np.ndarray, count: int, width: int) -> np.ndarray:
    return loss[len(loss) - count * width :].reshape(count, width).mean(axis=1)


def _without_trend(means: np.ndarray) -> np.ndarray:
    place = np.arange(len(means))
    return means - np.polynomial.Polynomial.fit(place, means, 1)(place)


def _returns(rest: np.ndarray) -> bool:
    """Whether the losses go against those of half a period later, and with those of a whole one."""
    count = len(rest)
    power = float((rest**2).sum())
    if count < 8 or power <= 0:
        return False
    spectrum = np.fft.rfft(rest, 2 * count)
    lags = np.arange(1, count // LEAST_PERIODS + 1)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[lags] / power * count / (count - lags)
    least = min(max(THRESHOLDS.regular, THRESHOLDS.noise / count**0.5), THRESHOLDS.regular_short)
    against = np.flatnonzero(correlation < -least)
    return bool(len(against)) and bool((correlation[against[0] :] > least).any())
