"""Corruptions of the labels; the inputs stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.data.corruptions.base import as_array_like, check_examples, choose, generator, mask, select


@dataclass(frozen=True)
class LabelNoise:
    r"""Give some examples a wrong label, any of the other classes with equal chance.

    The rule, for a chosen example with label :math:`y` among :math:`K` (``classes``): :math:`y' = (y + d) \bmod K`,
    with :math:`d` drawn evenly from :math:`1, \dots, K-1`.

    Args:
        share: of the examples, in [0, 1]; round(share · N) of them change.
        classes: K, at least 2.
        seed: of the choice. A larger share spoils the same examples as a smaller one, and more.

    Raises:
        ValueError: a value outside its range; labels outside 0..K-1.
        TypeError: a value of another type.

    >>> LabelNoise(share=0.5, classes=2).apply(np.zeros((4, 1)), np.zeros(4, dtype=int))[1].tolist()
    [0, 1, 1, 0]
    """

    share: float = 0.2
    classes: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        checks.in_interval("share", self.share, "[0, 1]")
        checks.whole_number("classes", self.classes, 2)
        checks.whole_number("seed", self.seed, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp = check_examples(x, y)
        checks.integral(xp, y=y)
        labels = xp.astype(y, xp.int64)  # where y + d fits
        low, high = int(xp.min(labels)), int(xp.max(labels))
        if not 0 <= low <= high < self.classes:
            raise ValueError(f"labels must lie in 0..{self.classes - 1}, got {low}..{high}.")
        rng = generator(self.seed)
        chosen = mask(choose(rng, self.share, len(y)), (len(y),))
        d = rng.integers(1, self.classes, size=len(y))
        wrong = (labels + as_array_like(xp, d, y)) % self.classes  # y' = (y + d) mod K
        return x, xp.where(as_array_like(xp, chosen, y), xp.astype(wrong, y.dtype), y)


@dataclass(frozen=True)
class ShuffledLabels:
    """Exchange the labels of some examples: each gets the label of another one, which may be of the same class.

    Every class keeps its number of examples. If all labels are exchanged, a model can only learn the examples by heart.

    Args:
        share: of the examples, in [0, 1]; round(share · N) of them, unless that is a single one.
        seed: of the order.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> ShuffledLabels(seed=1).apply(np.zeros((4, 1)), np.arange(4))[1].tolist()
    [1, 3, 0, 2]

    Reference: Zhang et al., Understanding deep learning requires rethinking generalization (ICLR 2017), section 2.
    """

    share: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        checks.in_interval("share", self.share, "[0, 1]")
        checks.whole_number("seed", self.seed, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp = check_examples(x, y)
        chosen = choose(generator(self.seed), self.share, len(y))
        source = np.arange(len(y))
        source[chosen] = np.roll(chosen, 1)  # a ring, in which each takes the label of the one before it
        return x, select(xp, y, source)


@dataclass(frozen=True)
class LabelOffset:
    """Count the classes from another number: y + by. Labels 1 to 10 do not fit a net with outputs 0 to 9.

    Args:
        by: a whole number, 0 or more.

    Raises:
        ValueError, TypeError: ``by`` is no such number; the labels no longer fit into their dtype.

    >>> LabelOffset(by=1).apply(np.zeros((2, 1)), np.array([0, 9]))[1].tolist()
    [1, 10]
    """

    by: int = 1

    def __post_init__(self) -> None:
        checks.whole_number("by", self.by, 0)

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
        xp = check_examples(x, y)
        checks.integral(xp, y=y)
        labels = xp.astype(y, xp.int64)
        most = int(xp.max(labels)) + self.by
        if most > xp.iinfo(y.dtype).max:
            raise ValueError(f"by must leave labels that {y.dtype} holds, got by={self.by!r}, which makes {most}.")
        return x, xp.astype(labels + self.by, y.dtype)
