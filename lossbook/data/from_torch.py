"""Data from torch's own loaders and datasets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossbook.data.arrays import as_array
from lossbook.data.digits import Split
from lossbook.values import Value, shown


@dataclass(frozen=True, eq=False)
class FromTorch(Value):
    """The examples of torch's loaders or datasets. ``Experiment(data=(train_loader, val_loader))`` makes one.

    The examples are read once, when this object is made, in the order of the dataset, through the loader's
    ``collate_fn``: random transforms of the dataset are drawn once. An ``Experiment`` takes ``batch_size``, ``shuffle``
    and ``drop_last`` from the training loader; the run makes the batches itself.

    Args:
        train: a ``DataLoader`` or a ``Dataset`` whose examples are pairs (x, y); or a pair of arrays.
        val: the same, held out from training.

    Raises:
        ValueError: as :class:`Arrays`; a loader that repeats or weighs its examples.
        TypeError: as :class:`Arrays`; a stream without an order; examples that are no pairs.

    >>> import torch
    >>> digits = torch.utils.data.TensorDataset(torch.zeros(5, 3), torch.arange(5))
    >>> FromTorch(*torch.utils.data.random_split(digits, [3, 2])).load().val_x.shape
    (2, 3)
    """

    train: Any
    val: Any

    def __post_init__(self) -> None:
        for part in ("train", "val"):
            pair = examples(part, getattr(self, part))
            x, y = (as_array(f"{part}_{letter}", value) for letter, value in zip("xy", pair, strict=True))
            if len(x) != len(y):
                raise ValueError(f"{part} must give as many targets as inputs, got {len(x)} and {len(y)}.")
            for array in (x, y):
                array.setflags(write=False)
            object.__setattr__(self, part, (x, y))

    def load(self) -> Split:
        """Copies of the arrays."""
        return Split(*(array.copy() for array in (*self.train, *self.val)))

    def __repr__(self) -> str:
        told = [
            f"{part}_{letter} {array.shape}"
            for part in ("train", "val")
            for letter, array in zip("xy", getattr(self, part), strict=True)
        ]
        return f"FromTorch({', '.join(told)})"


def is_source(value: Any) -> bool:
    """Whether ``value`` is a torch loader or dataset."""
    from torch.utils.data import DataLoader, Dataset

    return isinstance(value, (DataLoader, Dataset))


def loader_settings(value: Any) -> dict[str, Any]:
    """The settings that a loader shares with an experiment; empty for a dataset."""
    from torch.utils.data import DataLoader, SequentialSampler

    if not isinstance(value, DataLoader) or value.batch_size is None:
        return {}
    return {
        "batch_size": value.batch_size,
        "shuffle": not isinstance(value.sampler, SequentialSampler),
        "drop_last": value.drop_last,
    }


def examples(name: str, source: Any) -> tuple[Any, Any]:
    """All inputs and all targets of a source."""
    from torch.utils.data import DataLoader, IterableDataset, default_collate

    if isinstance(source, tuple) and len(source) == 2:
        return source
    if not is_source(source):
        raise TypeError(f"{name} must be a DataLoader or a Dataset, got {shown(source)}.")
    loader = source if isinstance(source, DataLoader) else None
    dataset = source.dataset if loader is not None else source
    if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__len__"):
        raise TypeError(
            f"{name} must have a length and an order, got the stream {shown(dataset)}: write "
            "data=(train_x, train_y, val_x, val_y) with its arrays."
        )
    index = range(len(dataset)) if loader is None else _order(name, loader)
    if not len(index):
        raise ValueError(f"{name} must hold at least one example, got {shown(source)} with none.")
    collate = default_collate if loader is None or loader.batch_size is None else loader.collate_fn
    rows = [dataset[i] for i in index]
    try:
        batch = collate(rows)
    except Exception as error:  # shapes that differ, or pictures that are no arrays
        reason = shown(" ".join(str(error).split()), 120)
        raise TypeError(f"{name} must give pairs (x, y) of numbers in one shape, got another ({reason}).") from error
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        got = f"{type(batch).__name__} of {len(batch)}" if isinstance(batch, (tuple, list, dict)) else shown(batch)
        raise TypeError(f"{name} must give pairs (x, y), got {got}.")
    return batch[0], batch[1]


def _order(name: str, loader: Any) -> Any:
    """The indices of a loader's examples, each once; no random number is drawn."""
    from torch.utils.data import BatchSampler, RandomSampler, SequentialSampler, SubsetRandomSampler

    sampler, batches = loader.sampler, loader.batch_sampler
    if isinstance(sampler, SubsetRandomSampler):
        return sampler.indices
    plain = type(batches) in (BatchSampler, type(None))
    n = len(loader.dataset)
    if plain and isinstance(sampler, SequentialSampler):
        return range(n)
    if plain and isinstance(sampler, RandomSampler) and not sampler.replacement and len(sampler) == n:
        return range(n)
    kind = type(sampler if plain else batches).__name__
    raise ValueError(
        f"{name} must give each example once an epoch, got a loader with {kind}, which a run does not follow: "
        "write data=(train_loader.dataset, val_loader.dataset)."
    )
