"""Spoilt data for an experiment, with clean examples on which to measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossbook import checks
from lossbook.data.arrays import as_split
from lossbook.data.digits import REFERENCE_SIZE, Digits, Split


@dataclass(frozen=True)
class Corrupted:
    """Data with a spoilt training part. The reference loss is measured on its first examples as they were before.

    Args:
        data: the data to spoil; has ``load()``, as :class:`Digits`.
        corruption: a row of ``corruptions.CORRUPTIONS``, or any object with ``apply(x, y) -> (x, y)``; None to leave
            the data as they are.
        everywhere: spoil the held-out and the reference examples too, as a fault of the whole pipeline does.

    Raises:
        TypeError: a value of another type.

    >>> from lossbook.data.corruptions import Sorted
    >>> split = Corrupted(Digits(train_size=100), Sorted()).load()
    >>> split.train_y[:4].tolist(), len(split.ref_y)
    ([0, 0, 0, 0], 100)
    """

    data: Any = Digits()
    corruption: Any = None
    everywhere: bool = False

    def __post_init__(self) -> None:
        checks.has_method("data", self.data, "load")
        if self.corruption is not None:
            checks.has_method("corruption", self.corruption, "apply")
        checks.flag("everywhere", self.everywhere)

    def load(self) -> Split:
        """The arrays of ``data`` after the corruption, with ``ref_x`` and ``ref_y``."""
        train_x, train_y, val_x, val_y, ref_x, ref_y = as_split(self.data.load())
        if ref_x is None:
            ref_x, ref_y = train_x[:REFERENCE_SIZE], train_y[:REFERENCE_SIZE]
        if self.corruption is not None:
            train_x, train_y = self.corruption.apply(train_x, train_y)
            if self.everywhere:
                val_x, val_y = self.corruption.apply(val_x, val_y)
                ref_x, ref_y = self.corruption.apply(ref_x, ref_y)
        return Split(train_x, train_y, val_x, val_y, ref_x, ref_y)
