"""The rule, of those that are known, which answers some gradients by the very steps that an optimiser made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

EXACT = 2e-4  #: of the steps' size, by which those of a rule may differ, which single precision rounds away
FORGOTTEN = np.geomspace(1e-5, 1.0, 31)  #: shares of an average that are given up in each step, 1 - beta
BEST, ROUNDS, NARROWER = 4, 80, 2.0  #: of the search: starts, steps of each, and how it closes in
BESIDE = np.linspace(-1, 1, 5)  #: of each place, in widths of the search
OWN, OTHER, NONE = "1 - beta^t", "1 - (1 - beta)^t", "1"  #: by what an average is divided
#: by what those of an Adam are, the mean of the gradient, and that of its square; the other one where the shares of the
#: old and of the new gradient are exchanged, in the average or in its correction
CORRECTIONS: dict[bool | str, tuple[str, str]] = {
    True: (OWN, OWN),
    False: (NONE, NONE),
    "mean": (OWN, NONE),
    "square": (NONE, OWN),
    "other": (OTHER, OTHER),
    "other mean": (OTHER, OWN),
    "other square": (OWN, OTHER),
}
LEAST = 1e-12  #: of a divisor, which is not 0


@dataclass(frozen=True)
class AdamLike:
    """A running mean of the gradient over the root of one of its square."""

    betas: tuple[float, float]
    bias_correction: bool | str  #: a key of ``CORRECTIONS``
    gain: float  #: the steps over those of this rule at a rate of 1

    @property
    def first_step(self) -> tuple[float, float]:
        """The mean, and the root of the mean square, after a first gradient of 1."""
        mean, square = (
            float((1 - beta) / divisor(beta, 1, by))
            for beta, by in zip(self.betas, CORRECTIONS[self.bias_correction], strict=True)
        )
        return mean, square**0.5


@dataclass(frozen=True)
class MomentumLike:
    """A sum of gradients, of which a share is kept in each step."""

    momentum: float
    gain: float  #: the steps over those of this rule at a rate of 1


def divisor(beta: Any, step: Any, by: str) -> Any:
    """What an average is divided by after so many steps; ``by`` is one of those in ``CORRECTIONS``.

    >>> divisor(0.9, 1, NONE), round(float(divisor(0.9, 1, OWN)), 6), round(float(divisor(0.9, 1, OTHER)), 6)
    (1.0, 0.1, 0.9)
    """
    return 1.0 if by == NONE else np.maximum(1 - (beta if by == OWN else 1 - beta) ** step, LEAST)


def momentum_of(grads: np.ndarray, steps: np.ndarray) -> MomentumLike | None:
    """The momentum that answers these gradients by these steps, both (steps, entries); None if none does."""
    found = _searched(lambda forgotten: _sums(grads, 1 - forgotten), steps, np.array([0.0, *FORGOTTEN]), 1)
    return None if found is None else MomentumLike(_beta(found[0][0]), found[1])


def adam_of(grads: np.ndarray, steps: np.ndarray) -> AdamLike | None:
    """The Adam that does so, with the bias corrected in one of the known ways; None if none does."""
    for name, divisors in CORRECTIONS.items():

        def shapes(*forgotten: np.ndarray, divisors: tuple[str, str] = divisors) -> np.ndarray:
            return _quotients(grads, forgotten, divisors)

        if (found := _searched(shapes, steps, FORGOTTEN, 2)) is not None:
            (mean, square), gain = found
            return AdamLike((_beta(mean), _beta(square)), name, gain)
    return None


def _beta(forgotten: float) -> float:
    return round(1 - float(forgotten), 5)


def _searched(
    shapes: Callable[..., np.ndarray], steps: np.ndarray, field: np.ndarray, axes: int
) -> tuple[np.ndarray, float] | None:
    """The knobs whose steps are these but for a factor, and this factor; None if no knobs are found."""
    starts, moves = (np.array([*product(each, repeat=axes)]) for each in (field, BESIDE))
    errors, _ = _misfits(shapes(*starts.T), steps)
    for place in starts[np.argsort(errors)[:BEST]]:
        width = np.full(axes, np.log(FORGOTTEN[-1] / FORGOTTEN[-2]))
        for _ in range(ROUNDS):
            near = np.clip(place * np.exp(width * moves), min(field), 1.0)
            errors, gains = _misfits(shapes(*near.T), steps)
            best = errors.argmin()
            place = near[best]
            width = np.where(np.abs(moves[best]) < 1, width / NARROWER, width)
        if errors[best] < EXACT:
            return place, float(gains[best])
    return None


def _misfits(shapes: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each of some rules, how far its steps are from these at its best factor, and this factor."""
    inner, own = (shapes * steps).sum((1, 2)), np.square(shapes).sum((1, 2))
    gains = np.divide(inner, own, out=np.zeros_like(inner), where=own > 0)
    rest = np.square(steps - gains[:, None, None] * shapes).sum((1, 2))
    return np.sqrt(rest / np.square(steps).sum()), gains


def _sums(grads: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """For each share that is kept, the sums of the gradients, (shares, steps, entries)."""
    total, rows = np.zeros((len(kept), grads.shape[1])), []
    for grad in grads:
        total = kept[:, None] * total + grad
        rows.append(total)
    return np.stack(rows, axis=1)


def _quotients(grads: np.ndarray, given_up: tuple[np.ndarray, ...], divisors: tuple[str, str]) -> np.ndarray:
    """For each two shares that are given up, of the mean and of the square, the steps of an Adam at a rate of 1."""
    averages, times = [], np.arange(1, len(grads) + 1)[:, None]
    for values, forgotten, by in zip((grads, grads**2), given_up, divisors, strict=True):
        sums = _sums(values, 1 - forgotten) * forgotten[:, None, None]
        averages.append(sums / divisor(1 - forgotten[:, None, None], times, by))
    return averages[0] / np.sqrt(averages[1])
