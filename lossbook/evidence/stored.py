"""Whether to read a data set writes into the numbers that it holds: a copy of it is read, and read again."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from lossbook.evidence.reading import generators_kept
from lossbook.evidence.structure import leaves

READ = 64  #: examples, one after another, as windows of a series overlap
SECONDS = 1.0  #: that the first reading takes at most
MOST_BYTES = 1 << 26  #: that a data set holds, of which copies are made
DEEP = 4  #: data sets within data sets, and lists within these


def written_by_reading(data: Any) -> float | None:
    """Of some examples that are read for the second time, the share that comes out otherwise as the first time wrote.

    Both second readings draw the same random numbers: one of the data set as the first reading has left it, one with
    its stored numbers as they were before. A cache that is filled, or a place that is written for each example anew,
    makes no difference. None: the data set cannot be copied, holds no numbers, or workers read copies of it.
    """
    dataset = getattr(data, "dataset", None)
    if not isinstance(data, DataLoader) or data.num_workers or isinstance(dataset, IterableDataset):
        return None
    try:
        held = list(held_numbers(dataset))
        if not held or sum(each.nbytes for each in held) > MOST_BYTES:
            return None
        with generators_kept(data):
            return _share(copy.deepcopy(dataset), len(dataset))  # type: ignore[arg-type]
    except Exception:  # of the reader's own code
        return None


def _share(read: Any, size: int) -> float | None:
    held = list(held_numbers(read))
    before = [_copied(each) for each in held]
    began, count = time.monotonic(), 0
    while count < min(READ, size) and time.monotonic() - began < SECONDS:
        read[count]
        count += 1
    written = [not _equal(old, new) for old, new in zip(before, held, strict=True)]
    if sum(_count(each) for each, is_written in zip(held, written, strict=True) if is_written) < size:
        return 0.0  # nothing, or a few numbers that are kept of all examples, such as a running mean
    others = [copy.deepcopy(read) for _ in range(2)]
    for other in others:
        for each, old in zip(held_numbers(other), before, strict=True):
            each[...] = old
    once, again, control = (_examples(each, count) for each in (read, *others))
    if not all(map(_same, again, control)):
        return None  # it draws from a generator that nobody can set back
    return sum(not _same(a, b) for a, b in zip(once, again, strict=True)) / count


def _examples(dataset: Any, count: int) -> list[list[Any]]:
    torch.default_generator.manual_seed(0)  # not those of GPUs, which nobody sets back
    np.random.seed(0)  # noqa: NPY002, a data set may draw from it
    random.seed(0)
    return [[_copied(leaf) for leaf in leaves(dataset[place])] for place in range(count)]


def held_numbers(value: Any, depth: int = 0) -> Iterator[Any]:
    """The tensors and arrays of numbers that a data set holds, in a fixed order."""
    if isinstance(value, Tensor) or (isinstance(value, np.ndarray) and value.dtype.kind in "fiu"):
        yield value
    elif depth <= DEEP:
        inner = vars(value) if isinstance(value, Dataset) else value
        if isinstance(inner, Mapping):
            inner = list(inner.values())
        if isinstance(inner, (list, tuple)):
            for each in inner:
                if not isinstance(each, (int, float, str, bytes)):
                    yield from held_numbers(each, depth + 1)


def _copied(each: Any) -> Any:
    return each.detach().clone() if isinstance(each, Tensor) else copy.copy(each)


def _count(each: Any) -> int:
    return each.numel() if isinstance(each, Tensor) else int(each.size)


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(map(_equal, one, other))


def _equal(one: Any, other: Any) -> bool:
    """Of numbers; whatever else there is counts as equal. A number that is none is equal to itself."""
    if isinstance(one, (Tensor, np.ndarray, float)):
        return bool(np.array_equal(np.asarray(one), np.asarray(other), equal_nan=np.asarray(one).dtype.kind == "f"))
    return True
