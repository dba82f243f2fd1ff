"""Where the inputs tell the target: a column of a table, a channel of an image, a token that a place sees."""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import tensors
from lossbook.probes.encoded import mean_of_targets
from lossbook.probes.examples import joined
from lossbook.probes.made_up import class_axis

ROWS = 20_000  # of a table that are looked at
EACH = 5  # examples of each class, from which on one column that tells them apart is no accident
CLASSES = 50  # different targets at most, which count as classes
COPY = 1e-6  # of a correlation below 1, which is rounding
ENOUGH, VARIED = 100, 10  # rows that end with their targets, and different ones among these: no accident
LEVELS = 20  # different values of a column, from which on it is no accident that the targets follow it in order


def told_by(case: Case, *, certain: bool = False) -> str | None:
    """What tells the target, in words; None if nothing was found.

    Args:
        case: the training.
        certain: look for nothing but what no honest training has: a token that comes next and is seen, and a column
            that is made of the target, as a tax is of the price, with fewer digits, or is only filled in for one of two
            answers; or a window that ends with it.
    """
    every = joined(case.batches)
    inputs = tensors((every.inputs, every.kwargs))
    if len(inputs) > 1 and isinstance(every.target, Tensor):
        return _answer_among(case, every)
    if len(inputs) != 1 or not isinstance(every.target, Tensor):
        return None
    x, y = inputs[0], every.target
    if not x.is_floating_point() and not y.is_floating_point() and x.shape == y.shape and x.ndim == 2:
        return _token(case, x, y, next_token=certain)
    if _ends_with_answer(x, y):
        return "the last place of the inputs is the target itself"
    table = _table(x, y)
    if table is None:
        return None
    column = (_stamped(*table) if x.ndim == 2 else None) if certain else _column(*table)
    column = _in_order(*table) if column is None else column
    return None if column is None else f"number {column} of the inputs alone tells the target"


def told_by_a_mean(case: Case) -> str | None:
    """The column of a table that is a mean of targets, that of the row itself among them, in words; or None."""
    every = joined(case.batches)
    inputs = tensors((every.inputs, every.kwargs))
    if len(inputs) != 1 or not isinstance(every.target, Tensor) or inputs[0].ndim != 2:
        return None
    table = _table(inputs[0], every.target)
    column = None if table is None else mean_of_targets(*table)
    what = "is, for nearly all rows that share it, the mean of their targets, the row's own among them"
    return None if column is None else f"number {column} of the inputs {what}"


def _ends_with_answer(x: Tensor, y: Tensor) -> bool:
    """Whether each row, of a window or a history, ends with the target, as where it was cut too late.

    To call back what came first is a task that is set to test a memory; what comes last need not be learnt.
    """
    if x.ndim != 2 or y.numel() != len(x) or x.shape[1] < 2 or len(x) < ENOUGH:
        return False
    same = x.is_floating_point() == y.is_floating_point() and bool((x[:, -1] == y.flatten()).all())
    return same and len(y.unique()) >= VARIED and not bool((x == x[:, -1:]).all())


def _answer_among(case: Case, every: Batch) -> str | None:
    """Whether one of several inputs holds the answer of each place as a code, and the place's output moves with it.

    What a net shall copy is all that it is given: another input is not made of the target. Each place is asked by
    itself, so that the output has the target's shape, or classes besides.
    """
    inputs, y = tensors((every.inputs, every.kwargs)), every.target
    codes = [each.shape == y.shape and not each.is_floating_point() for each in inputs]
    copies = [place for place, each in enumerate(inputs) if codes[place] and torch.equal(each.to(y.dtype), y)]
    others = [each for place, each in enumerate(inputs) if place not in copies and each.numel() > 1]
    if not copies or y.ndim == 0 or len(y.unique()) < 2 or not any(not _is_made_of(each, y) for each in others):
        return None
    batch = case.batches[0]
    own = tensors((batch.inputs, batch.kwargs))[copies[0]]
    row = (0, own.shape[1] // 2) if own.ndim > 1 else (0,)
    new = own.clone()
    new[row] = y[y != y[row]][0].to(own.dtype)  # another answer that occurs
    changed = batch.map(lambda each: new if each is own else each)
    before, after = (output_of(case.now.model, one) for one in (batch, changed))
    if not isinstance(before, Tensor) or before.shape[: y.ndim] != batch.target.shape:
        return None
    moved = float((after - before)[row].abs().max())
    return f"number {copies[0]} of the inputs is the target of each place itself" if moved > 0 else None


def _is_made_of(each: Tensor, y: Tensor) -> bool:
    """Whether it is a part of the target, moved by a place, as what a decoder is given."""
    if each.ndim != y.ndim or each.ndim < 2 or each.shape[0] != y.shape[0] or each.is_floating_point():
        return False
    width = min(each.shape[1], y.shape[1])
    pairs = (
        (each[:, :width], y[:, :width]),
        (each[:, 1:width], y[:, : width - 1]),
        (each[:, : width - 1], y[:, 1:width]),
    )
    return any(torch.equal(a.to(b.dtype), b) for a, b in pairs)


def _table(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor] | None:
    """Rows of inputs, and one target for each: of examples, or of pixels and their channels; None: there is no such."""
    y = y[:, 0] if y.ndim == x.ndim > 2 and y.shape[1] == 1 < x.shape[1] else y
    if len(x) == len(y) == y.numel():
        columns = x.flatten(1)
    elif x.ndim == y.ndim + 1 > 2 and (x.shape[0], *x.shape[2:]) == tuple(y.shape):
        columns = x.movedim(1, -1).flatten(0, -2)
    else:
        return None
    return columns[:ROWS].double(), y.flatten()[:ROWS]


def _column(columns: Tensor, y: Tensor) -> int | None:
    """The first column that tells the targets apart, by itself or with others: each class has one of its own."""
    values, counts = y.unique(return_counts=True)
    if len(values) < 2:
        return None
    if len(values) > CLASSES:
        apart = torch.corrcoef(torch.cat([y.double().unsqueeze(1), columns], dim=1).T)[0, 1:].nan_to_num().abs()
        return int(apart.argmax()) if float(apart.max()) > 1 - COPY else None
    if int(counts.min()) < EACH:
        return None
    first = None
    for value in values:
        own, others = columns[y == value], columns[y != value]
        tells = (own.amin(0) > others.amax(0)) | (own.amax(0) < others.amin(0))
        if not tells.any():
            return None
        first = int(tells.double().argmax()) if first is None else first
    return first


def _stamped(columns: Tensor, y: Tensor) -> int | None:
    """The first of several columns with one number for all of one class, and many others for all of the other one.

    So are columns that are filled in once the answer is known, as the day on which a contract was ended.
    """
    values, counts = y.unique(return_counts=True)
    if columns.shape[1] < 2 or len(values) != 2 or int(counts.min()) < ENOUGH:
        return None
    for value in values:
        own, others = columns[y == value], columns[y != value]
        for place in (((own == own[0]).all(0)) & ((others != own[0]).all(0))).nonzero().flatten().tolist():
            if len(others[:, place].unique()) >= LEVELS:
                return int(place)
    return None


def _in_order(columns: Tensor, y: Tensor) -> int | None:
    """The first column of several that is coarser than the targets, and whose order is theirs, without exception.

    It is made of the target, and was rounded. What is given, and only tells much of it, makes exceptions.
    """
    if columns.shape[1] < 2 or len(y.unique()) <= CLASSES:
        return None
    for place, column in enumerate(columns.T):
        levels = column.unique()
        if not LEVELS <= len(levels) < len(y.unique()):
            continue
        for sign in (1, -1):
            lows, highs = (_of_each_level(sign * column, y, which) for which in ("amin", "amax"))
            if bool((highs[:-1] <= lows[1:]).all()):
                return place
    return None


def _of_each_level(column: Tensor, y: Tensor, which: str) -> Tensor:
    """The lowest or highest target of each value of a column, in the order of these values."""
    values, level = column.unique(return_inverse=True)
    return torch.zeros(len(values), dtype=y.dtype, device=y.device).scatter_reduce(
        0, level, y, which, include_self=False
    )


def _token(case: Case, x: Tensor, y: Tensor, *, next_token: bool) -> str | None:
    """Whether the output of a place moves with the token that is its target: the one that stands there, or the next."""
    names = {
        0: "the target of each place is the token that stands there",
        1: "each place sees the token that comes next",
    }
    for shift, said in [*names.items()][next_token:]:
        wanted, there = y[:, : y.shape[1] - shift], x[:, shift:]
        if (wanted >= 0).any() and bool((wanted == there)[wanted >= 0].all()):
            return f"{said}, which is its target" if _sees(case, y.shape[1] // 2, shift) else None
    return None


def _sees(case: Case, place: int, shift: int) -> bool:
    """Whether the output that the target of this place is compared with depends on the token that is that target."""
    assert case.loss is not None
    batch, y = case.batches[0], case.batches[0].target
    output = output_of(case.now.model, batch)
    axis = class_axis(case.loss, output, y) if isinstance(output, Tensor) else None
    if axis is None or place + shift >= y.shape[1]:
        return False

    def pull(target: Tensor) -> Tensor:
        given = output.clone().requires_grad_()
        return torch.autograd.grad(case.loss(given, target), given)[0].movedim(axis, -1)  # type: ignore[misc]

    compared = (pull(_other(y, place)) - pull(y)).abs().amax(dim=(0, 2)) > 0
    x = tensors((batch.inputs, batch.kwargs))[0]
    changed: Batch = batch.map(lambda each: _other(x, place + shift) if each is x else each)
    moved = (output_of(case.now.model, changed) - output).movedim(axis, -1).abs().amax(dim=(0, 2)) > 0
    return bool((moved & compared).any())


def _other(tokens: Tensor, place: int) -> Tensor:
    """The same tokens with another one at this place."""
    tokens = tokens.clone()
    tokens[:, place] = (tokens[:, place] + 1) % (tokens.max() + 1)
    return tokens
