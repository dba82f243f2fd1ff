"""Batches read from the reader's data once the training is over, where their targets were not seen."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from lossbook.evidence.case import Batch
from lossbook.evidence.structure import tensors


def read_batches(data: Any, seen: Batch, most: int) -> tuple[tuple[Batch, ...], str | None]:
    """The first batches of ``data``, split as the model was called; or none, and why.

    The generators of torch, NumPy and Python, and those that a loader was given, are left as they were.

    Args:
        data: a ``DataLoader``, or a list of batches.
        seen: what the model got once.
        most: how many are read.
    """
    if iter_is_used_up(data):
        return (), "data can be read only once, and was not read again: the targets are not known."
    try:
        read = first_batches(data, most)
    except Exception as error:  # of the reader's own code
        problem = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return (), f"data could not be read again, which failed with {problem}: the targets are not known."
    device = next((each.device for each in tensors((seen.inputs, seen.kwargs))), torch.device("cpu"))
    found = [split(each, seen) for each in read]
    if not read or any(each is None for each in found):
        return (), "The batches of data are made up in another way than the calls of the model: no target was found."
    return tuple(each.map(lambda tensor: tensor.to(device)) for each in found if each is not None), None


def first_batches(data: Any, most: int) -> list[Any]:
    """The first batches, as ``data`` gives them; what is drawn from is left as it was.

    Args:
        data: a ``DataLoader``, or a list of batches.
        most: how many are read.
    """
    with generators_kept(data):
        return list(itertools.islice(iter(_apart(data)), most))


def _apart(data: Any) -> Any:
    """A loader whose workers persist has one iterator: to begin it again would end the epoch in which the reader is."""
    if not isinstance(data, DataLoader) or not data.persistent_workers:
        return data
    other = copy.copy(data)
    vars(other).update(persistent_workers=False, _iterator=None, num_workers=0, prefetch_factor=None)
    return other


def iter_is_used_up(data: Any) -> bool:
    """An iterator, of which whoever reads it takes something away."""
    return hasattr(data, "__next__")


def split(batch: Any, seen: Batch, *, of_a_size: bool = True) -> Batch | None:
    """Inputs and target of what a loader gave; None if they are not what the model got.

    Args:
        batch: as the loader gave it.
        seen: what the model got once.
        of_a_size: whether the numbers must be about as large.
    """
    if isinstance(batch, Mapping):
        rest = {name: value for name, value in batch.items() if name not in seen.kwargs}
        kwargs = {name: value for name, value in batch.items() if name in seen.kwargs}
        values = list(rest.items())
        inputs = tuple(value for _, value in values[: len(seen.inputs)])
        left = [value for _, value in values[len(seen.inputs) :]]
    elif isinstance(batch, (tuple, list)):
        kwargs, inputs = {}, tuple(batch[: len(seen.inputs)])
        left = list(batch[len(seen.inputs) :])
    else:
        return None
    found = Batch(inputs, kwargs, left[0] if len(left) == 1 else tuple(left) or None)
    return found if left and _alike(found, seen, of_a_size) else None


def _alike(found: Batch, seen: Batch, of_a_size: bool) -> bool:
    """The same kinds of tensors, with the same axes but the first, and numbers of the same size."""
    ours, theirs = (tensors((batch.inputs, batch.kwargs)) for batch in (found, seen))
    return len(ours) == len(theirs) and all(_look_alike(a, b, of_a_size) for a, b in zip(ours, theirs, strict=True))


def _look_alike(one: Tensor, other: Tensor, of_a_size: bool) -> bool:
    if one.dtype != other.dtype or one.shape[1:] != other.shape[1:]:
        return False
    if not of_a_size:
        return True
    a, b = (float(each.detach().double().abs().mean()) for each in (one, other))
    return not one.is_floating_point() or (not a < b / 4 and not b < a / 4)


@contextmanager
def generators_kept(data: Any) -> Iterator[None]:
    """A context in which whatever is drawn leaves the generators of torch, NumPy, Python and ``data`` as they were."""
    parts = [data, *(getattr(data, name, None) for name in ("sampler", "batch_sampler", "dataset"))]
    given = [getattr(part, "generator", None) for part in parts]
    kept = [(each, each.get_state()) for each in given if isinstance(each, torch.Generator)]
    pythons, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002, a data set may draw from it
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(pythons)
        np.random.set_state(numpys)  # noqa: NPY002
        for generator, state in kept:
            generator.set_state(state)
