"""The rows of a log as columns, thinned if there are very many."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping

import numpy as np

from lossbook.recorded.cells import MISSING
from lossbook.recorded.names import clock_place, is_epoch, loss_rank, said

MOST = 3_000_000  # numbers that are kept, of all columns together; 24 bytes each
LEAST = 4096  # a shorter column is not thinned
COLUMNS = 2000  # a log with more columns has none that a reader could choose


class Column:
    """The numbers that were logged under one name."""

    def __init__(self) -> None:
        self.steps, self.values, self.rows = array("d"), array("d"), array("d")
        self.stride, self.seen = 1, 0
        self.broken = False  # whether the first number that is not finite was kept

    def add(self, step: float, value: float, row: int) -> bool:
        """Keep a number if it is its turn; the first that is not finite is kept anyway. Tells whether it was kept."""
        self.seen += 1
        first = not self.broken and not math.isfinite(value)
        self.broken |= first
        if (self.seen - 1) % self.stride and not first:
            return False
        self.steps.append(step)
        self.values.append(value)
        self.rows.append(row)
        return True

    def halve(self) -> int:
        """Keep every second number. Gives how many went."""
        before = len(self.values)
        values = np.array(self.values)
        kept = np.arange(before) % 2 == 0
        bad = np.flatnonzero(~np.isfinite(values))
        kept[bad[:1]] = True
        for name in ("steps", "values", "rows"):
            setattr(self, name, array("d", np.array(getattr(self, name))[kept].tobytes()))
        self.stride *= 2
        return before - int(kept.sum())


class Table:
    """All columns of a log.

    Args:
        only: whether names count that speak of no loss, score or clock; prose is full of numbers that do not.
    """

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.clocks: dict[str, Column] = {}
        self.count = self.held = self.hidden = 0
        self._places: dict[str, int | None] = {}

    def add(self, row: Mapping[str, float]) -> None:
        """Add a row: name -> number; a name that is not there was not logged."""
        self.count += 1
        step, best, epoch = math.nan, 99, math.nan
        for name, value in row.items():
            if (place := self._place(name)) is not None and math.isfinite(value) and value != MISSING:
                if place < best:
                    step, best = value, place
                if is_epoch(name):
                    epoch = value
        if epoch == epoch and best < 99:
            self._keep(self.clocks, "epoch", step, epoch)
        for name, value in row.items():
            if self._places[name] is None:
                if value == 0 and loss_rank(name) < 4 and _gradient_is_nan(row):
                    value, self.hidden = math.nan, self.hidden + 1
                self._keep(self.columns, name, step, value)

    def _place(self, name: str) -> int | None:
        if name not in self._places:
            self._places[name] = clock_place(name)
        return self._places[name]

    def _keep(self, table: dict[str, Column], name: str, step: float, value: float) -> None:
        if name not in table:
            if len(table) >= COLUMNS:
                return
            table[name] = Column()
        self.held += table[name].add(step, value, self.count)
        if self.held > MOST:
            columns = [*self.columns.values(), *self.clocks.values()]
            self.held -= sum(column.halve() for column in columns if len(column.values) > LEAST)


def _gradient_is_nan(row: Mapping[str, float]) -> bool:
    return any(value != value and {"grad", "norm"} <= said(name) for name, value in row.items())
