"""A column that is a moving mean of a series, with the value that comes next, the target, in its window.

So does a rolling mean whose window is centred, and not of what came before. It is told by three facts together: the
column is the mean of the target and of columns that stand side by side; the targets are what these columns hold in
other rows, so that it is a series; and the column is none of its values, as on a straight line. In a window of several
series, (N, time, series) or (N, series, time), a column is a place of one of them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import loss_on
from lossbook.evidence.structure import tensors
from lossbook.probes.examples import joined

ROWS, FEWEST = 2_000, 100  # that are looked at
FIRST = 30  # rows, by which most columns are left out
WIDEST, LONGEST = 200, 32  # columns of a table; places of a window
AXES = (2, 3)  # of a table, and of windows
VARIED = 50  # different targets, so that no equality is by accident
ROUNDED = 1e-5  # of the targets' spread
USES = 1.5  # times the loss, with that column of other examples
OF_A_SERIES, OWN = 0.5, 0.1  # of the targets that other rows hold; of the column's numbers that are targets


def told_by_a_moving_mean(case: Case) -> str | None:
    """That there is such a column, and the model makes use of it, in words; None if there is none."""
    every = joined(case.batches)
    inputs, y = tensors((every.inputs, every.kwargs)), every.target
    if len(inputs) != 1 or not isinstance(y, Tensor) or not inputs[0].is_floating_point():
        return None
    if inputs[0].ndim not in AXES:
        return None
    x = inputs[0][:ROWS].double()
    if not FEWEST <= len(x) <= y.numel() == len(inputs[0]) or not y.is_floating_point():
        return None
    y = y.flatten()[: len(x)].double()
    if len(y.unique()) <= VARIED:
        return None
    for places in _places(tuple(x.shape[1:])):
        found = _with_target(x.flatten(1)[:, places.to(x.device)], y)
        if found is not None and _is_used(case, place := int(places[found[0]])):
            told = f"number {place} of the inputs is the mean of {found[1] - 1} others and of the target"
            return f"{told}, which comes next"
    return None


def _places(shape: tuple[int, ...]) -> list[Tensor]:
    """The numbers of an example, those of one series side by side; of a window the last ones, in either order."""
    numbers = torch.arange(math.prod(shape)).reshape(shape)
    rows = [numbers] if len(shape) == 1 else [each[:, -LONGEST:].flatten() for each in (numbers.T, numbers)]
    return [each for each in rows if len(each) <= WIDEST]


def _with_target(x: Tensor, y: Tensor) -> tuple[int, int] | None:
    """The column, and how many numbers it is the mean of."""
    near = ROUNDED * float(y.std())
    sums = torch.cat([torch.zeros_like(x[:, :1]), x.cumsum(1)], dim=1)
    for count in range(2, min(LONGEST, x.shape[1]) + 1):
        means = (sums[:, count - 1 :] - sums[:, : 1 - count] + y[:, None]) / count
        apart = (means[:FIRST, :, None] - x[:FIRST, None, :]).abs().amax(0)
        for start, column in (apart < near).nonzero().tolist():
            beside = x[:, [start, start + count - 2]]
            exact = bool(((means[:, start] - x[:, column]).abs() < near).all())
            if exact and _is_a_series(beside, x[:, column], y):
                return column, count
    return None


def _is_a_series(beside: Tensor, column: Tensor, y: Tensor) -> bool:
    known = max(float(torch.isin(y, each).double().mean()) for each in beside.T)
    return known >= OF_A_SERIES and float(torch.isin(column, y).double().mean()) <= OWN


def _is_used(case: Case, place: int) -> bool:
    batch, model = case.batches[0], case.now.model
    x = tensors((batch.inputs, batch.kwargs))[0]
    rows = x.flatten(1).clone()
    rows[:, place] = rows[:, place].roll(1, 0)
    other = rows.reshape(x.shape)
    changed = batch.map(lambda each: other if each is x else each)
    return loss_on(case, model, changed) > USES * loss_on(case, model, batch)
