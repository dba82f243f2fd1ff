"""The rows of a log as columns, thinned if there are very many."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lossbook.recorded.cells import MISSING
from lossbook.recorded.names import clock_place, is_epoch, loss_rank, said

MOST = 2_000_000  # numbers that are kept, of all columns together; 24 bytes each
LEAST = 4096  # a shorter column is not thinned
COLUMNS = 2000  # a log with more columns has none that a reader could choose


class Column:
    """The numbers that were logged under one name: step, number and row of each."""

    def __init__(self) -> None:
        self.kept = array("d")
        self.stride, self.seen = 1, 0
        self.broken = False  # whether the first number that is not finite was kept

    def add(self, step: float, value: float, row: int) -> bool:
        """Keep a number if it is its turn; the first that is not finite is kept anyway. Tells whether it was kept."""
        self.seen += 1
        if self.stride > 1 and (self.seen - 1) % self.stride:
            if self.broken or math.isfinite(value):
                return False
            self.broken = True
        self.kept.extend((step, value, row))
        return True

    @property
    def numbers(self) -> np.ndarray:
        """Step, number and row, (N, 3)."""
        return np.frombuffer(self.kept).reshape(-1, 3) if self.kept else np.empty((0, 3))

    def halve(self) -> int:
        """Keep every second number. Gives how many went."""
        numbers = self.numbers
        kept = np.arange(len(numbers)) % 2 == 0
        bad = np.flatnonzero(~np.isfinite(numbers[:, 1]))[:1]
        kept[bad] = True
        self.broken = self.broken or bool(len(bad))
        gone = len(numbers) - int(kept.sum())
        self.kept = array("d", numbers[kept].tobytes())
        self.stride *= 2
        return gone


class Kind(NamedTuple):
    """What the names of a row mean; rows of a log have few kinds."""

    clocks: tuple[str, ...]  #: the finest first
    epoch: str | None
    columns: tuple[tuple[str, Column], ...]
    gradients: tuple[str, ...]  #: norms of gradients


class Table:
    """All columns of a log."""

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.epochs = Column()  #: the epoch of each row, where it is known
        self.count = self.held = self.hidden = 0
        self._kinds: dict[tuple[str, ...], Kind] = {}

    def add(self, row: Mapping[str, float]) -> None:
        """Add a row: name -> number; a name that is not there was not logged."""
        names = tuple(row)
        kind = self._kinds.get(names) or self._kind(names)
        self.count += 1
        step = next((row[name] for name in kind.clocks if _is_known(row[name])), math.nan)
        if kind.epoch is not None and _is_known(row[kind.epoch]):
            self.held += self.epochs.add(step, row[kind.epoch], self.count)
        for name, column in kind.columns:
            value = row[name]
            if (
                value == 0
                and kind.gradients
                and loss_rank(name) < 4
                and any(row[one] != row[one] for one in kind.gradients)
            ):
                value, self.hidden = math.nan, self.hidden + 1
            self.held += column.add(step, value, self.count)
        if self.held > MOST:
            every = (*self.columns.values(), self.epochs)
            self.held -= sum(column.halve() for column in every if len(column.kept) > 3 * LEAST)

    def _kind(self, names: tuple[str, ...]) -> Kind:
        places = {name: place for name in names if (place := clock_place(name)) is not None}
        for name in names:
            if name not in places and name not in self.columns and len(self.columns) < COLUMNS:
                self.columns[name] = Column()
        kind = Kind(
            tuple(sorted(places, key=lambda name: places[name])),
            next((name for name in places if is_epoch(name)), None),
            tuple((name, self.columns[name]) for name in names if name in self.columns and name not in places),
            tuple(name for name in names if {"grad", "norm"} <= said(name)),
        )
        if len(self._kinds) < COLUMNS:
            self._kinds[names] = kind
        return kind


def _is_known(value: float) -> bool:
    return math.isfinite(value) and value != MISSING
