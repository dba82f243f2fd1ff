"""Corruptions of the collection: which examples there are, and in what order. Each keeps its input and label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.data.arrays import read
from lossbook.data.corruptions.base import check_examples, choose, generator, select


@dataclass(frozen=True)
class Imbalance:
    """Keep only a share of the examples of the given classes; the order stays.

    Args:
        keep: share of each class that stays, in [0, 1]: round(keep · n) of its n examples.
        classes: the classes to thin out, each a number that occurs in y.
        seed: of the choice.

    Raises:
        ValueError: a value outside its range; a class that does not occur; nothing is left.
        TypeError: a value of another type.

    >>> Imbalance(keep=0.5, classes=(1,)).apply(np.zeros((6, 1)), np.array([0, 1, 1, 0, 1, 1]))[1].tolist()
    [0, 1, 0, 1]
    """

    keep: float = 0.1
    classes: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8, 9)
    seed: int = 0

    def __post_init__(self) -> None:
        checks.in_interval("keep", self.keep, "[0, 1]")
        checks.whole_number("seed", self.seed, 0)
        if not isinstance(self.classes, tuple):
            raise TypeError(f"classes must be a tuple of whole numbers, got {self.classes!r}.")
        for index, label in enumerate(self.classes):
            checks.whole_number(f"classes[{index}]", label, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp = check_examples(x, y)
        checks.integral(xp, y=y)
        rng, labels = generator(self.seed), read("y", y)
        kept = np.ones(len(labels), dtype=bool)
        for label in self.classes:
            members = np.flatnonzero(labels == label)
            if not len(members):
                raise ValueError(f"classes must occur in y, got {label}, which does not occur.")
            kept[members] = False
            kept[members[choose(rng, self.keep, len(members))]] = True
        if not kept.any():
            raise ValueError(f"keep must leave an example, got keep={self.keep!r} for all classes.")
        index = np.flatnonzero(kept)
        return select(xp, x, index), select(xp, y, index)


@dataclass(frozen=True)
class Duplicates:
    """Append copies of some examples. After a later split, training and test data share some of them.

    Args:
        share: of the examples, in [0, 1]; round(share · N) are appended again.
        seed: of the choice.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> Duplicates(share=0.5).apply(np.zeros((4, 1)), np.arange(4))[1].tolist()
    [0, 1, 2, 3, 2, 1]
    """

    share: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        checks.in_interval("share", self.share, "[0, 1]")
        checks.whole_number("seed", self.seed, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp = check_examples(x, y)
        again = choose(generator(self.seed), self.share, len(y))
        index = np.concatenate([np.arange(len(y)), again])
        return select(xp, x, index), select(xp, y, index)


@dataclass(frozen=True)
class Sorted:
    """Put the examples in the order of their labels, as files often come: batch after batch of a single class.

    Args:
        share: of the examples, in [0, 1]; round(share · N) are sorted among their own places, the others stay.
        seed: of the choice.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> Sorted().apply(np.zeros((4, 1)), np.array([3, 1, 2, 1]))[1].tolist()
    [1, 1, 2, 3]
    """

    share: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        checks.in_interval("share", self.share, "[0, 1]")
        checks.whole_number("seed", self.seed, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp = check_examples(x, y)
        places = np.sort(choose(generator(self.seed), self.share, len(y)))
        index = np.arange(len(y))
        index[places] = places[np.argsort(read("y", y)[places], kind="stable")]
        return select(xp, x, index), select(xp, y, index)
