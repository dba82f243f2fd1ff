"""The examples of a data set that varies them at random, read again with every random number in its middle."""

from __future__ import annotations

import copy
import random
import time
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.data import DataLoader, IterableDataset

from lossbook.evidence.case import Batch
from lossbook.evidence.reading import generators_kept, split
from lossbook.evidence.stored import MOST_BYTES, held_numbers
from lossbook.evidence.structure import tensors

TRIED = 6  #: examples that are read four times, to see whether they vary
SEEDS = (2, 3, 4, 5, 6)  #: with which they are read once more, until they are others
SECONDS = 2.0  #: of the processor, that the reading takes at most
FEWEST = 8  #: batches


class Middle(TorchFunctionMode):
    """Within it, torch draws the middle of what it could draw: noise is 0, a place is the centre, a flip is none."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        drawn, name = func(*args, **(kwargs or {})), getattr(func, "__name__", "")
        if name in ("rand", "rand_like"):
            return drawn.fill_(0.5)
        if name in ("randn", "randn_like"):
            return drawn.zero_()
        if name == "randint":
            *low, high = [each for each in args if isinstance(each, int)] or [kwargs["low"], kwargs["high"]]
            return drawn.fill_((sum(low) + high) // 2)
        if name == "randperm":
            return drawn.sort().values
        if name in ("uniform_", "normal_"):
            a, b = _two(args[1:], kwargs or {}, ("from", "to") if name == "uniform_" else ("mean", "std"))
            return drawn.fill_((a + b) / 2 if name == "uniform_" else a)
        return drawn


def _two(args: Any, kwargs: Any, names: tuple[str, str]) -> tuple[float, float]:
    given = dict(zip(names, args, strict=False)) | kwargs
    return float(given.get(names[0], 0.0)), float(given.get(names[1], 1.0))


def unvaried_batches(data: Any, seen: tuple[Batch, ...]) -> tuple[Batch, ...]:
    """As many batches as were seen, of examples that are not varied; none if they are not varied at random.

    Nor if not all that varies is drawn by torch, if the targets vary too, or are of the inputs' form. Of several inputs
    each must vary, and be unlike the others and those of other examples where nothing is drawn: two views of one
    picture, or a partner that is drawn, are what such a training is about.

    Args:
        data: a ``DataLoader`` of a data set with an index.
        seen: the batches of the training.
    """
    dataset, size = getattr(data, "dataset", None), getattr(data, "batch_size", None)
    usual = isinstance(data, DataLoader) and not isinstance(dataset, IterableDataset) and size
    if not usual or not seen or not _measured(seen[0]) or not isinstance(seen[0].target, Tensor):
        return ()
    try:
        if sum(each.nbytes for each in held_numbers(dataset)) > MOST_BYTES:
            return ()
        with generators_kept(data):
            return _read(copy.deepcopy(dataset), data, seen)
    except Exception:  # of the reader's own code
        return ()


def _read(dataset: Any, data: Any, seen: tuple[Batch, ...]) -> tuple[Batch, ...]:
    some = range(0, len(dataset), max(len(dataset) // TRIED, 1))

    def read(seed: int, *, middle: bool) -> list[Batch]:
        return [_form([_one(dataset, i, seed, middle=middle)], data, seen[0]) for i in some]

    varied, plain, control = read(1, middle=False), read(1, middle=True), read(2, middle=True)
    others = (read(seed, middle=False) for seed in SEEDS)  # a mirror is drawn or not: two draws may be alike
    again = next((each for each in others if all(map(_differ_in_each, varied, each))), varied)
    pairs = [*zip(varied, again, strict=True)], [*zip(plain, control, strict=True), *zip(varied, plain, strict=True)]
    if not all(_differ_in_each(a, b) and _same(a.target, b.target) for a, b in pairs[0]) or _are_partners(plain):
        return ()
    if not all(_same(a.target, b.target) for a, b in pairs[1]) or any(map(_differ_in_x, plain, control)):
        return ()
    began, found, order = time.process_time(), list[Batch](), iter(np.random.default_rng(0).permutation(len(dataset)))
    size = min(seen[0].size, len(dataset))
    while len(found) < min(len(seen), len(dataset) // size):
        if time.process_time() - began > SECONDS:
            break
        with Middle():
            examples = [dataset[int(next(order))] for _ in range(size)]
        found.append(_form(examples, data, seen[0]))
    return tuple(found) if len(found) >= FEWEST else ()


def _one(dataset: Any, index: int, seed: int, *, middle: bool) -> Any:
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002, a data set may draw from it
    random.seed(seed)
    with Middle() if middle else nullcontext():
        return dataset[index]


def _form(examples: list[Any], data: Any, seen: Batch) -> Batch:
    """Examples as a batch of the training.

    Raises:
        ValueError: the training's are of another form.
    """
    batch = split(data.collate_fn(examples), seen, of_a_size=False)
    if batch is None or not _measured(batch) or not isinstance(batch.target, Tensor):
        raise ValueError("batches must be of the form of those that the model got.")
    y, own, numbers = batch.target, seen.target, sum(each[0].numel() for each in _measured(batch))
    if y.shape[1:] != own.shape[1:] or y.dtype != own.dtype or y[0].numel() * 2 > numbers:
        raise ValueError("targets must be of the form of those of the training, and fewer than the inputs.")
    device = next((each.device for each in tensors((seen.inputs, seen.kwargs))), torch.device("cpu"))
    return batch.map(lambda each: each.to(device))


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a, b)


def _measured(batch: Batch) -> list[Tensor]:
    return [each for each in tensors((batch.inputs, batch.kwargs)) if each.is_floating_point() and each.ndim]


def _differ_in_each(one: Batch, other: Batch) -> bool:
    return not any(map(_same, _measured(one), _measured(other)))


def _differ_in_x(one: Batch, other: Batch) -> bool:
    return not all(map(_same, _measured(one), _measured(other)))


def _are_partners(plain: list[Batch]) -> bool:
    """Whether one of several inputs is another one of the same example, or that of another example."""
    if len(_measured(plain[0])) < 2:
        return False
    every = [each for batch in plain for each in _measured(batch)]
    return any(_same(a, b) for place, a in enumerate(every) for b in every[:place])
