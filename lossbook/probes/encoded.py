"""A column that is the mean of the targets of all rows that share it, the row's own target among them.

A category is often replaced by the mean of its targets (target encoding; Micci-Barreca, SIGKDD Explorations 3(1), 2001,
equation 4). Over the rows that are then trained on, each row finds a share of its own answer there.
"""

from __future__ import annotations

import torch
from torch import Tensor

SAME = 1e-4  # of the spread of the targets, by which a mean may be rounded
MOST = 0.9  # of the rows that share their number with others, whose number must be the mean; a batch may be missing
SHARED = 0.5  # of all rows, that must share it
NEAR = 0.2  # by which the slope of the targets over means of their own may differ from 1, where rows are missing
VARIED = 3  # numbers whose rows have different targets, so that a mean is no accident
OWN = 0.9  # of the rows, that must be different without the column: on a grid means are what they are by symmetry


def mean_of_targets(columns: Tensor, y: Tensor) -> int | None:
    """The first of several columns that holds the mean of the targets of its rows; None if there is none.

    Args:
        columns: rows of numbers, (rows, columns).
        y: a target for each row, (rows,).
    """
    y = y.to(columns)
    if columns.shape[1] < 2 or not float(y.std()) > 0 or not (places := _likely(columns, y)):
        return None
    rows = torch.cat([columns, y.unsqueeze(1)], dim=1).unique(dim=0)  # a second epoch brings the same
    return next((place for place in places if _holds_means(rows[:, :-1], place, rows[:, -1])), None)


def _likely(columns: Tensor, y: Tensor) -> list[int]:
    """The columns over which the targets rise with a slope of 1, as over means of their own: of pixels, hardly any."""
    centred, mean = columns - columns.mean(0), columns.mean(0)
    slope = (y - y.mean()) @ centred / (centred**2).sum(0)
    likely = ((slope - 1).abs() < NEAR) & ((mean - y.mean()).abs() < NEAR * y.std())
    return [int(place) for place in likely.nonzero()]


def _holds_means(table: Tensor, place: int, y: Tensor) -> bool:
    values, of, count = table[:, place].unique(return_inverse=True, return_counts=True)
    shared = count[of] > 1
    if not float(shared.double().mean()) >= SHARED:
        return False
    mean = torch.zeros_like(values).index_add_(0, of, y) / count
    spread = torch.zeros_like(values).index_add_(0, of, (y - mean[of]) ** 2)
    exact = (values - mean).abs() < SAME * y.std()
    if int((exact & (spread > 0)).sum()) < VARIED or not float(exact[of][shared].double().mean()) >= MOST:
        return False
    others = torch.cat([table[:, :place], table[:, place + 1 :]], dim=1)
    return len(others.unique(dim=0)) >= OWN * len(table)
