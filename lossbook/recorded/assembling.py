"""The curve of a log, from its columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lossbook.recorded.choosing import all_rows, held_out, listed, named, rows_of, runs_of, score, training
from lossbook.recorded.clock import Series, in_order, on_clock_of, series, within, without_missing
from lossbook.recorded.curve import Curve
from lossbook.recorded.names import NOT_A_LOSS, PERPLEXITY, RIVALS, is_held_out, loss_rank, said
from lossbook.recorded.source import Unreadable
from lossbook.recorded.table import Table


def assembled(table: Table, *, column: str | None, val: str | None, run: str | None) -> Curve:
    """The curve of a table.

    Args:
        table: the log.
        column: the name of the training loss, if the rules shall not choose.
        val: that of the held-out loss.
        run: the run to take, if there are several: its name, or its number where one follows the other.

    Raises:
        Unreadable: there is no such column or run, or none that is a loss; the message lists those that there are.
    """
    names, run, notes = _of_one_run(list(table.columns), run)
    ours = [named(column, names)] if column is not None else training(table, names)
    theirs = [named(val, names)] if val is not None else held_out(table, names, ours)
    epochs = table.epochs
    rows = np.concatenate([rows_of(table, name) for name in theirs]) if theirs else np.empty(0)

    def read(name: str) -> Series:
        """A column in order; what is missing in held-out data was not logged."""
        elsewhere = all_rows(table, name) if name in theirs else rows
        return without_missing(series(name, table.columns[name]), elsewhere)

    train = _sum([in_order(read(name), epochs, run) for name in ours], notes)
    looks = [within(read(name), train.window) for name in theirs]
    val_loss = _sum([on_clock_of(in_order(part, epochs), train) for part in looks if len(part.value)], notes)
    found = score(table, names, val_loss, train)
    told = f"the loss is {train.name!r}"
    told += f", the held-out loss {val_loss.name!r}" if len(val_loss.value) else ""
    told += f", the score {found.name!r}" if found is not None else ""
    notes = [told, *notes, *dict.fromkeys((*train.notes, *val_loss.notes))]
    if said(train.name) & RIVALS:
        notes.append("there are losses of several nets, of which one was taken; name another one as column")
    if table.hidden:
        notes.append(f"{table.hidden} losses of 0 whose gradient is NaN were read as NaN")
    train = _no_running_total(train, notes)
    unit = _unit(table)
    if unit:
        notes.append("the loss counts in bits: logarithms to the base 2")
    return Curve(train.step, train.value, *_with_score(val_loss, found, train), tuple(notes), unit)


def _of_one_run(names: list[str], run: str | None) -> tuple[list[str], str | None, list[str]]:
    """The columns of the run to take where each run has columns of its own; and what is left to choose, with notes."""
    runs = runs_of(names)
    if not runs:
        return names, run, []
    taken = run if run is not None else next(iter(runs))
    if run is not None and run.isdigit() and run not in runs and 1 <= int(run) <= len(runs):
        taken = list(runs)[int(run) - 1]
    if taken not in runs:
        raise Unreadable(f"run must be one of {', '.join(map(repr, runs))}, got {run!r}")
    notes = [f"{len(runs)} runs are in the log ({listed(runs)}), and {taken!r} was taken"] if len(runs) > 1 else []
    own = [name for name in names if name.startswith(f"{taken} - ") and not name.endswith(("__MIN", "__MAX"))]
    return own, None, notes


def _with_score(val: Series, found: Series | None, train: Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The clock of the held-out data, their loss and their score."""
    if found is None:
        return val.step, val.value, np.empty(0)
    found = on_clock_of(found, train)
    if not len(val.value):
        return found.step, np.empty(0), found.value
    known = dict(zip(found.step.tolist(), found.value.tolist(), strict=True))
    by_row = dict(zip(found.row.tolist(), found.value.tolist(), strict=True))
    pairs = zip(val.row.tolist(), val.step.tolist(), strict=True)
    metric = np.array([by_row.get(row, known.get(step, np.nan)) for row, step in pairs])
    return val.step, val.value, metric if np.isfinite(metric).any() else np.empty(0)


def _sum(parts: list[Series], notes: list[str]) -> Series:
    """One series, or the sum of several on the same steps."""
    if not parts:
        empty = np.empty(0)
        return Series("", empty, empty, empty)
    first = parts[0]
    same = [part for part in parts if len(part.value) == len(first.value)]
    if len(same) == 1:
        return first
    name = " + ".join(part.name for part in same)
    notes.append(f"no total is logged; {name!r} was added up")
    return replace(first, name=name, value=np.sum([part.value for part in same], axis=0))


def _no_running_total(train: Series, notes: list[str]) -> Series:
    """The loss of each row, if what was logged is a total that is never reset: it rises by about one loss a row."""
    value = train.value
    if len(value) < 8 or not np.isfinite(value).all():
        return train
    gains = np.diff(value, prepend=0.0)
    quarter = max(len(gains) // 4, 2)
    usual = float(np.median(gains[1 : quarter + 1]))
    even = usual < 5 * gains[0] < 25 * usual
    if gains.min() <= 0 or not even or gains[-quarter:].mean() > 1.2 * gains[:quarter].mean():
        return train
    notes.append(
        "the numbers rise by about one loss a row, as a total that is never reset; what each row adds was taken"
    )
    return replace(train, value=gains)


def _unit(table: Table) -> str:
    """ "bits" if a logged perplexity is 2 to the power of the loss."""
    for name in table.columns:
        if not said(name) & PERPLEXITY:
            continue
        losses = [
            loss for loss in table.columns if loss_rank(loss) < NOT_A_LOSS and is_held_out(loss) == is_held_out(name)
        ]
        for loss in losses:
            known = {row: value for _, value, row in table.columns[name].numbers[:1000].tolist()}
            both = [(value, known.get(row, 0.0)) for _, value, row in table.columns[loss].numbers[:1000].tolist()]
            off = [abs(2.0**value - told) / told for value, told in both if 1 < told < 1e9 and 0 < value < 30]
            if len(off) > 1 and float(np.median(off)) < 0.02:
                return "bits"
    return ""
