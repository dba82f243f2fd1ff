"""Which columns of a log are the training loss, the held-out loss and the score."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from lossbook.recorded.cells import MISSING
from lossbook.recorded.clock import Series, in_order, on_clock_of, series, without_missing
from lossbook.recorded.curve import Curve
from lossbook.recorded.names import (
    LOSS_PART,
    NOT_A_LOSS,
    PERPLEXITY,
    RIVALS,
    TEST,
    is_held_out,
    is_score,
    loss_rank,
    part_of,
    said,
    words,
)
from lossbook.recorded.source import Unreadable
from lossbook.recorded.table import Table

LISTED = 12  # names that a message lists
FIRST_RUN = re.compile(r"(.+) - ([^-]+?)(?:__(?:MIN|MAX))?")  # W&B's export of a chart: run - metric


def chosen(table: Table, *, column: str | None, val: str | None, run: str | None) -> Curve:
    """The curve of a table.

    Args:
        table: the log.
        column: the name of the training loss, if the rules shall not choose.
        val: that of the held-out loss.
        run: the run to take, if there are several: its name, or its number where one follows the other.

    Raises:
        Unreadable: there is no such column, or none that is a loss; the message lists those that there are.
    """
    names, notes = list(table.columns), []
    runs = _runs(names)
    if runs:
        taken = run if run is not None else next(iter(runs))
        if taken not in runs:
            raise Unreadable(f"run must be one of {', '.join(map(repr, runs))}, got {run!r}")
        if len(runs) > 1:
            notes.append(f"{len(runs)} runs are in the log ({_listed(runs)}), and {taken!r} was taken")
        names = [name for name in names if name.startswith(f"{taken} - ") and not name.endswith(("__MIN", "__MAX"))]
        run = None
    train_names = [_named(column, names)] if column is not None else _training(table, names)
    val_names = [_named(val, names)] if val is not None else _held_out(table, names, train_names)
    epochs = table.clocks.get("epoch")
    rows = np.concatenate([_rows(table, name) for name in val_names]) if val_names else np.empty(0)
    parts = [in_order(without_missing(series(name, table.columns[name]), rows), epochs, run) for name in train_names]
    train = _sum(parts, notes)
    theirs = [without_missing(series(name, table.columns[name]), _all_rows(table, name)) for name in val_names]
    held_out = _sum([on_clock_of(in_order(part, epochs, run), train) for part in theirs if len(part.value)], notes)
    if len(held_out.step) and any("begin anew" in note for note in train.notes):
        inside = (held_out.row >= train.row[0]) | np.zeros(len(held_out.row), bool)
        held_out = replace(held_out, step=held_out.step[inside], value=held_out.value[inside], row=held_out.row[inside])
    score = _score(table, names, held_out, train)
    told = f"the loss is {train.name!r}"
    if len(held_out.value):
        told += f", the held-out loss {held_out.name!r}"
    if score is not None:
        told += f", the score {score.name!r}"
    notes = [told, *notes, *dict.fromkeys((*train.notes, *held_out.notes))]
    if table.hidden:
        notes.append(f"{table.hidden} losses of 0 whose gradient is NaN were read as NaN")
    train = _no_running_total(train, notes)
    unit = _unit(table, train)
    if unit:
        notes.append("the loss counts in bits: logarithms to the base 2")
    val_step, val_loss, metric = _with_score(held_out, score, train)
    return Curve(train.step, train.value, val_step, val_loss, metric, tuple(notes), unit)


def _runs(names: Iterable[str]) -> dict[str, None]:
    """The runs of W&B's export, in order."""
    exported = any(name.endswith(("__MIN", "__MAX")) for name in names)
    matches = (FIRST_RUN.fullmatch(name) for name in names)
    return dict.fromkeys(match.group(1) for match in matches if match) if exported else {}


def _named(wanted: str, names: list[str]) -> str:
    """The column that is meant: its name, or its end if no other has it."""
    if wanted in names:
        return wanted
    alike = [name for name in names if words(name) == words(wanted)] or [
        name for name in names if name.lower().endswith(wanted.lower())
    ]
    if len(alike) == 1 and wanted:
        return alike[0]
    near = difflib.get_close_matches(wanted, names, n=1)
    raise Unreadable(f"there is no column {wanted!r}; there are {_listed(near + [n for n in names if n not in near])}")


def _training(table: Table, names: list[str]) -> list[str]:
    """The loss that is trained on; its parts, if only parts are logged."""
    found = [name for name in names if loss_rank(name) < NOT_A_LOSS and not is_held_out(name)]
    if not found:
        rest = [name for name in names if not is_held_out(name) and name.strip().lower() not in ("wall time", "time")]
        values = [name for name in rest if name.lower() == "value"]
        if values or (len(rest) == 1 and not is_score(rest[0])):
            return values[:1] or rest
        there = f"there are {_listed(names)}" if names else "there are no numbers behind names"
        raise Unreadable(f"it must have a column with the training loss, and {there}")
    best = min(map(loss_rank, found))
    if best == LOSS_PART:
        return _parts(table, found)
    same = [name for name in found if loss_rank(name) == best]
    return [max(same, key=lambda name: (_usable(table, name), "epoch" not in said(name), -names.index(name)))]


def _usable(table: Table, name: str) -> int:
    """How many numbers a column has that are not said to be missing."""
    return sum(value != MISSING for value in table.columns[name].values)


def _parts(table: Table, found: list[str]) -> list[str]:
    """The parts that are logged on the same rows; of losses of several nets only the first."""
    most = max(_usable(table, name) for name in found)
    first = next(name for name in found if _usable(table, name) == most)
    if said(first) & RIVALS:
        return [first]
    rows = _rows(table, first)
    with_word = [name for name in found if "loss" in said(name)]
    rest = with_word if first in with_word else found
    return [
        name
        for name in rest
        if not said(name) & RIVALS
        and ("step" in said(name)) == ("step" in said(first))
        and _same(rows, _rows(table, name))
    ]


def _held_out(table: Table, names: list[str], train: list[str]) -> list[str]:
    """The held-out loss of the same name as the training loss, else the surest one; data for validation before a test."""
    found = [name for name in names if loss_rank(name) < NOT_A_LOSS and is_held_out(name) and name not in train]
    found = [name for name in found if not said(name) & TEST] or found
    if len(train) > 1:
        kinds = {part_of(name) for name in train}
        parts = [name for name in found if part_of(name) in kinds]
        return parts if len(parts) == len(kinds) else []
    same = [name for name in found if part_of(name) == part_of(train[0])] or [
        name for name in found if loss_rank(name) == min(map(loss_rank, found)) < LOSS_PART
    ]
    return [max(same, key=lambda name: (_usable(table, name), -names.index(name)))] if same else []


def _score(table: Table, names: list[str], held_out: Series, train: Series) -> Series | None:
    """A score on held-out data; one without a word for whose it is counts if no other is marked."""
    found = [name for name in names if is_score(name)]
    marked = [name for name in found if is_held_out(name)]
    ours = [] if len(held_out.value) else train.row  # on the rows of the training loss, a score is of the training data
    rest = marked or [
        name for name in found if "train" not in said(name) and not np.isin(_rows(table, name), ours).any()
    ]
    if not rest:
        return None
    name = max(rest, key=lambda name: (_usable(table, name) > 1, "map50" in said(name) and "95" in said(name)))
    found_series = without_missing(series(name, table.columns[name]), _all_rows(table, name))
    return in_order(found_series, table.clocks.get("epoch")) if len(found_series.value) else None


def _with_score(held_out: Series, score: Series | None, train: Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The clock of the held-out data, their loss and their score."""
    if score is None:
        return held_out.step, held_out.value, np.empty(0)
    score = on_clock_of(score, train)
    if not len(held_out.value):
        return score.step, np.empty(0), score.value
    known = dict(zip(score.step.tolist(), score.value.tolist(), strict=True))
    by_row = dict(zip(score.row.tolist(), score.value.tolist(), strict=True))
    pairs = zip(held_out.row.tolist(), held_out.step.tolist(), strict=True)
    metric = np.array([by_row.get(row, known.get(step, np.nan)) for row, step in pairs])
    return held_out.step, held_out.value, metric if np.isfinite(metric).any() else np.empty(0)


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
    even = 0.2 < gains[0] / max(float(np.median(gains[1 : quarter + 1])), 1e-300) < 5
    if gains.min() <= 0 or not even or gains[-quarter:].mean() > 1.2 * gains[:quarter].mean():
        return train
    notes.append(
        "the numbers rise by about one loss a row, as a total that is never reset; what each row adds was taken"
    )
    return replace(train, value=gains)


def _unit(table: Table, train: Series) -> str:
    """ "bits" if a logged perplexity is 2 to the power of the loss."""
    for name in table.columns:
        if not said(name) & PERPLEXITY:
            continue
        losses = [
            loss for loss in table.columns if loss_rank(loss) < NOT_A_LOSS and is_held_out(loss) == is_held_out(name)
        ]
        for loss in losses:
            pairs = dict(zip(table.columns[name].rows, table.columns[name].values, strict=True))
            both = [
                (value, pairs[row])
                for row, value in zip(table.columns[loss].rows, table.columns[loss].values, strict=True)
                if row in pairs
            ][:200]
            off = [abs(2.0**loss - ppl) / ppl for loss, ppl in both if 1 < ppl < 1e9 and 0 < loss < 30]
            if len(off) > 1 and float(np.median(off)) < 0.02:
                return "bits"
    return ""


def _rows(table: Table, name: str) -> np.ndarray:
    """The rows on which a column holds a number."""
    column = table.columns[name]
    values = np.array(column.values)
    return np.array(column.rows)[values != MISSING]


def _all_rows(table: Table, name: str) -> np.ndarray:
    """All of its rows: what is missing in held-out data was not logged."""
    return np.array(table.columns[name].rows)


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return len(one) == len(other) and bool((one == other).all())


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(name[:60] for name in names[:LISTED]) + more
