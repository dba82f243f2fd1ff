"""How long the experiments of a report may take: in seconds, or in steps, so that the report repeats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lossbook import checks
from lossbook.evidence.replay import steps_counted


class Budget:
    """A budget, of which experiments take their part. It is passed by one experiment at most.

    Args:
        seconds: by a clock that never goes back.
        steps: of training; given, they alone count, and seconds do not.
        clock: gives the seconds.

    Raises:
        ValueError: a number below 0.

    >>> budget = Budget(60, steps=100)
    >>> with budget.charged() as count:
    ...     count[0] += 80
    >>> budget.allows(20), budget.allows(21)
    (True, False)
    """

    def __init__(
        self, seconds: float = 60.0, *, steps: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        checks.in_interval("budget", seconds, "[0, inf)")
        if steps is not None:
            checks.whole_number("steps", steps, 0)
        self._seconds, self._most, self._clock = seconds, steps, clock
        self._began = clock()
        self.steps = 0  #: that copies took
        self._trained = 0.0  # seconds that were spent on those steps

    @property
    def spent(self) -> float:
        """Seconds since the budget was made."""
        return self._clock() - self._began

    def allows(self, steps: int = 0) -> bool:
        """Whether an experiment of so many steps may begin: it is expected to end in time, as fast as those before."""
        if self._most is not None:
            return self.steps + steps <= self._most
        pace = self._trained / self.steps if self.steps else 0.0
        return self.spent + pace * steps <= self._seconds

    @contextmanager
    def charged(self) -> Iterator[list[int]]:
        """A context in which an experiment is made; yields what counts the steps of its copies."""
        began = self._clock()
        with steps_counted() as count:
            try:
                yield count
            finally:
                if count[0]:
                    self.steps += count[0]
                    self._trained += self._clock() - began

    def __str__(self) -> str:
        return f"{self._most} steps" if self._most is not None else f"{self._seconds:g} seconds"
