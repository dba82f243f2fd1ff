"""The examples of batches: joined, picked out, dealt into batches anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lossbook.evidence import Batch, Case, pair_loss
from lossbook.evidence.bags import Bags, joined_starts
from lossbook.evidence.structure import leaves, tensors

MASKED = -1e3  #: what a mask adds to where nothing shall be seen, at most; often minus infinity


def joined(batches: Sequence[Batch]) -> Batch:
    """All examples, one after another, as one batch; of batches that are not shaped as the first one, none.

    >>> joined([Batch.of(torch.ones(2, 3)), Batch.of(torch.zeros(1, 3)), Batch.of(torch.ones(2, 9))]).x.shape
    torch.Size([3, 3])
    """
    alike = [batch for batch in batches if _form(batch) == _form(batches[0])]
    sizes = [batch.size for batch in alike]
    parts = zip(*(tensors(tuple(batch)) for batch in alike), strict=True)
    bags = [each for batch in alike if (each := batch.bags) is not None]
    whole = iter([_together(part, sizes, bags) for part in parts])
    return batches[0].map(lambda _: next(whole))


def _together(part: Sequence[Tensor], sizes: list[int], bags: list[Bags]) -> Tensor:
    """One of the tensors, of all batches."""
    if bags and part[0] is bags[0].starts:
        return joined_starts(bags)
    lengths = [*map(_length, part)]
    return torch.cat([*part]) if lengths == sizes or (bags and lengths == [len(each.row) for each in bags]) else part[0]


def rows_of(batch: Batch) -> Tensor | None:
    """The inputs of each example side by side: all that are measurements, or all that are tokens, as the first is."""
    if (bags := batch.bags) is not None:
        return bags.table()
    parts = [each for each in tensors((batch.inputs, batch.kwargs)) if each.ndim and len(each) == batch.size]
    parts = [each for each in parts if each.is_floating_point() == parts[0].is_floating_point()]
    return torch.cat([each.reshape(len(each), -1) for each in parts], dim=1) if parts else None


def how_many(batch: Batch) -> int | None:
    """Examples that differ from one another in their inputs; None if these are no tensors with a row for each."""
    return None if rows_of(batch) is None else len(set(marks(batch)))


def marks(batch: Batch) -> list[bytes]:
    """Equal for examples that are equal in measurements and tokens, with whatever zeros a sequence was filled up."""
    if batch.bags is not None:
        parts = [rows_of(batch)]
    else:
        given = tensors((batch.inputs, batch.kwargs))
        parts = [each for each in given if each.ndim and len(each) == batch.size and each.dtype != torch.bool]
    columns = [
        [row.numpy().tobytes().rstrip(b"\0") for row in each.detach().reshape(len(each), -1).cpu()]
        for each in parts
        if each is not None and (len(parts) == 1 or not (each.is_floating_point() and is_mask(each)))
    ]
    return [b"|".join(row) for row in zip(*columns, strict=True)]


def dealt(batch: Batch, size: int, *, seed: int | None = None) -> tuple[Batch, ...]:
    """The examples in batches of this size, in a random order if there is a seed; what is left over is left out."""
    order = np.arange(batch.size) if seed is None else np.random.default_rng(seed).permutation(batch.size)
    return tuple(batch.rows(part) for part in torch.from_numpy(order).split(size) if len(part) == size)


def data_loss(case: Case) -> Case:
    """The case with the loss of outputs and targets alone, without a penalty; as it is where there is no such loss."""
    return case if case.loss is None else replace(case, loss_of=pair_loss(case.loss))


def batch_size(case: Case) -> int:
    """Examples in the first batch."""
    return max(case.batches[0].size, 1)


def held_out_batches(case: Case) -> tuple[Batch, ...]:
    """The held-out examples in batches as large as those of the training; none if there are too few."""
    return () if case.held_out is None else dealt(case.held_out, batch_size(case))


def finite_part(batch: Batch) -> Batch:
    """The examples whose numbers are all finite."""
    keep = torch.ones(batch.size, dtype=torch.bool)
    for part in tensors(tuple(batch)):
        if _length(part) == len(keep) and not is_mask(part):
            keep &= torch.isfinite(part).reshape(len(part), -1).all(1).cpu()
    return batch.rows(keep)


def is_mask(part: Tensor) -> bool:
    """Whether it is of 0 and of large negative numbers alone, as attention adds it."""
    return bool(((part == 0) | (part <= MASKED)).all())


def _length(each: Tensor) -> int:
    return len(each) if each.ndim else -1


def _form(batch: Batch) -> tuple[object, ...]:
    """The shapes of its tensors, whatever its size; and what else it holds."""
    sizes = (batch.size, len(bags.row) if (bags := batch.bags) is not None else batch.size)
    return tuple(
        (tuple(each.shape[1:]) if _length(each) in sizes else tuple(each.shape), each.dtype)
        if isinstance(each, Tensor)
        else (type(each), each is batch.script and id(each))
        for each in leaves(tuple(batch))
    )
