"""When a number was logged: runs that were resumed, several runs in one log, and clocks that count something else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lossbook.recorded.cells import MISSING
from lossbook.recorded.source import Unreadable
from lossbook.recorded.table import Column

MANY = 3  # so many new beginnings are epochs, fewer are runs


@dataclass(frozen=True)
class Series:
    """The numbers of one name, in order."""

    name: str
    step: np.ndarray  #: (N,), rising
    value: np.ndarray  #: (N,)
    row: np.ndarray  #: the row of the log, (N,)
    notes: tuple[str, ...] = ()
    counted: bool = False  #: whether the steps are only the order of the numbers
    window: tuple[float, float] = (-np.inf, np.inf)  #: the rows of the run that was taken, from and below


def series(name: str, column: Column) -> Series:
    """The numbers of a column as they were logged."""
    step, value, row = column.numbers.T
    notes = (f"{name!r} was thinned: one of {column.stride} numbers was kept, of {column.seen} in all",)
    return Series(name, step, value, row, notes if column.stride > 1 else ())


def without_missing(found: Series, held_out_rows: np.ndarray) -> Series:
    """Decide what ``null`` and ``NA`` mean: NaN where no number follows any more, else that nothing was logged.

    On a row with a held-out loss, it says that the training loss was not logged there.
    """
    missing = found.value == MISSING
    if not missing.any():
        return found
    good = np.flatnonzero(~missing)
    last = int(good[-1]) if len(good) else -1
    lost = missing & (np.arange(len(missing)) > last) & ~np.isin(found.row, held_out_rows)
    kept = ~missing | lost
    value = np.where(lost, np.nan, found.value)[kept]
    return replace(found, step=found.step[kept], value=value, row=found.row[kept])


def in_order(found: Series, epochs: Column, run: str | None = None) -> Series:
    """The series with rising steps.

    A clock that goes back stands for one of three things: batches that are counted anew in each epoch; a run that was
    resumed from an older checkpoint, of which the later number of a step counts; a new run, of which the last is taken.

    Args:
        found: as logged.
        epochs: the epoch of each row, where it is known.
        run: the number of the run to take, "1" for the first.
    """
    step = found.step
    if not len(step) or not np.isfinite(step).all():
        return _counted(found)
    back = np.flatnonzero(np.diff(step) < 0) + 1
    if not len(back):
        same = np.flatnonzero(np.diff(step) == 0) + 1
        ends = len(same) == len(step) - 1 or _epochs_rise(found, epochs, same)  # only the last batch of each epoch
        return _counted(found) if len(same) and (ends or _is_epochs(found, epochs)) else _last_of_each(found)
    new = back[step[back] <= step[0]]
    if _epochs_rise(found, epochs, back) or (len(new) >= MANY and len(new) == len(back)):
        return _counted(_without_repeats(found))
    if len(new):
        runs = len(new) + 1
        taken = runs if run is None else _run_number(run, runs)
        bounds = [-np.inf, *found.row[new].tolist(), np.inf]
        window = (bounds[taken - 1], bounds[taken])
        note = f"the steps begin anew: {runs} runs are in the log, and number {taken} was taken"
        return in_order(replace(within(found, window), notes=(*found.notes, note), window=window), epochs)
    firsts = ", ".join(f"{step[at]:g}" for at in back[:3])
    note = f"resumed at step {firsts}{', ...' * (len(back) > 3)}: the last number of each step counts"
    return _last_of_each(replace(found, notes=(*found.notes, note)))


def within(found: Series, window: tuple[float, float]) -> Series:
    """The part of a series that lies on these rows."""
    kept = (found.row >= window[0]) & (found.row < window[1])
    return replace(found, step=found.step[kept], value=found.value[kept], row=found.row[kept])


def on_clock_of(found: Series, train: Series) -> Series:
    """Held-out numbers on the clock of the training loss: by their place in the log, if they count something else."""
    if not len(train.step) or not len(found.step):
        return found
    usual = float(np.median(np.diff(train.step))) if len(train.step) > 1 else 1.0
    first, last = float(train.step[0]), float(train.step[-1])
    apart = len(found.step) > 1 and float(found.step[-1]) - first < 0.25 * (last - first) and last - first > 4 * usual
    beyond = float(found.step[0]) > last
    if not (found.counted or train.counted or apart or beyond or not np.isfinite(found.step).all()):
        return found
    if np.array_equal(found.row, train.row):
        return replace(found, step=train.step)
    between = bool((found.row[:-1] < train.row[-1]).any()) or found.row[0] < train.row[-1]
    if between:
        step = np.interp(found.row, train.row, train.step)
    else:  # all stand below all training losses
        step = first + (last - first) * np.arange(1, len(found.step) + 1) / len(found.step)
    note = f"{found.name!r} is on another clock; it was placed by its rows in the log"
    notes = found.notes if found.counted or train.counted else (*found.notes, note)
    return replace(found, step=step, notes=notes)


def _run_number(run: str, count: int) -> int:
    if not run.isdigit() or not 1 <= int(run) <= count:
        raise Unreadable(f"run must be a number from 1 to {count}, got {run!r}")
    return int(run)


def _counted(found: Series) -> Series:
    return replace(found, step=np.arange(1.0, len(found.step) + 1), counted=True)


def _without_repeats(found: Series) -> Series:
    """The last of numbers of one step that follow each other, as a progress bar is drawn again."""
    kept = np.append(np.diff(found.step) != 0, True)
    return replace(found, step=found.step[kept], value=found.value[kept], row=found.row[kept])


def _last_of_each(found: Series) -> Series:
    """The last number of each step, in the order of the steps."""
    order = np.argsort(found.step, kind="stable")
    step = found.step[order]
    kept = order[np.append(np.diff(step) > 0, True)]
    return replace(found, step=found.step[kept], value=found.value[kept], row=found.row[kept])


def _is_epochs(found: Series, epochs: Column) -> bool:
    """Whether the clock is that of epochs, of which each holds several numbers."""
    known = {row: epoch for _, epoch, row in epochs.numbers[:10_000].tolist()}
    pairs = [(known[row], step) for row, step in zip(found.row[:1000], found.step[:1000], strict=True) if row in known]
    return bool(pairs) and all(epoch == step for epoch, step in pairs)


def _epochs_rise(found: Series, epochs: Column, back: np.ndarray) -> bool:
    """Whether the epoch is a later one wherever the clock goes back."""
    _, values, rows = epochs.numbers.T
    if len(rows) < 2:
        return False
    at = values[np.clip(np.searchsorted(rows, found.row, side="right") - 1, 0, None)]
    return bool((at[back] > at[back - 1]).all())
