"""Which columns of a log are the training loss, the held-out loss and the score."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import numpy as np

from lossbook.recorded.cells import MISSING
from lossbook.recorded.clock import Series, in_order, series, without_missing
from lossbook.recorded.names import (
    LOSS_PART,
    NO_LOSS,
    NOT_A_LOSS,
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


def runs_of(names: Iterable[str]) -> dict[str, None]:
    """The runs of W&B's export, in order."""
    exported = any(name.endswith(("__MIN", "__MAX")) for name in names)
    matches = (FIRST_RUN.fullmatch(name) for name in names)
    return dict.fromkeys(match.group(1) for match in matches if match) if exported else {}


def named(wanted: str, names: list[str]) -> str:
    """The column that is meant: its name, or its end if no other has it."""
    if wanted in names:
        return wanted
    alike = [name for name in names if words(name) == words(wanted)] or [
        name for name in names if name.lower().endswith(wanted.lower())
    ]
    if len(alike) == 1 and wanted:
        return alike[0]
    near = difflib.get_close_matches(wanted, names, n=1)
    raise Unreadable(f"there is no column {wanted!r}; there are {listed(near + [n for n in names if n not in near])}")


def training(table: Table, names: list[str]) -> list[str]:
    """The loss that is trained on; its parts, if only parts are logged."""
    found = [name for name in names if loss_rank(name) < NOT_A_LOSS and not is_held_out(name)]
    if not found:
        rest = [name for name in names if not is_held_out(name) and name.strip().lower() not in ("wall time", "time")]
        values = [name for name in rest if name.lower() == "value"]
        if values or (len(rest) == 1 and not is_score(rest[0]) and not said(rest[0]) & NO_LOSS):
            return values[:1] or rest
        there = f"there are {listed(names)}; name one as column" if names else "no numbers with names were found"
        raise Unreadable(f"it must have a column with the training loss, and {there}")
    best = min(map(loss_rank, found))
    if best == LOSS_PART:
        return _parts(table, found)
    same = [name for name in found if loss_rank(name) == best]
    return [max(same, key=lambda name: (_usable(table, name), "epoch" not in said(name), -names.index(name)))]


def _usable(table: Table, name: str) -> int:
    """How many numbers a column has that are not said to be missing."""
    return int((table.columns[name].numbers[:, 1] != MISSING).sum())


def _parts(table: Table, found: list[str]) -> list[str]:
    """The parts that are logged on the same rows; of losses of several nets only the first."""
    found = [name for name in found if said(name) & {"loss", "losses"}] or found
    most = max(_usable(table, name) for name in found)
    first = next(name for name in found if _usable(table, name) == most)
    if said(first) & RIVALS:
        return [first]
    rows = rows_of(table, first)
    alike = [name for name in found if not said(name) & RIVALS and ("step" in said(name)) == ("step" in said(first))]
    return [name for name in alike if _same(rows, rows_of(table, name))]


def held_out(table: Table, names: list[str], train: list[str]) -> list[str]:
    """The held-out loss of the training loss's name, else the surest one; validation comes before a test."""
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


def score(table: Table, names: list[str], held_out: Series, train: Series) -> Series | None:
    """A score on held-out data; one without a word for whose it is counts if no other is marked."""
    found = [name for name in names if is_score(name)]
    marked = [name for name in found if is_held_out(name)]
    # on the rows of the training loss, a score is one of the training data
    ours = np.empty(0) if len(held_out.value) else train.row
    rest = marked or [
        name for name in found if "train" not in said(name) and not np.isin(rows_of(table, name), ours).any()
    ]
    if not rest:
        return None
    name = max(rest, key=lambda name: (_usable(table, name) > 1, "map50" in said(name) and "95" in said(name)))
    found_series = without_missing(series(name, table.columns[name]), all_rows(table, name))
    return in_order(found_series, table.epochs) if len(found_series.value) else None


def rows_of(table: Table, name: str) -> np.ndarray:
    """The rows on which a column holds a number."""
    _, values, rows = table.columns[name].numbers.T
    return rows[values != MISSING]


def all_rows(table: Table, name: str) -> np.ndarray:
    """All of its rows: what is missing in held-out data was not logged."""
    return table.columns[name].numbers[:, 2]


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return len(one) == len(other) and bool((one == other).all())


def listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(name[:60] for name in names[:LISTED]) + more
