"""Digits for regression: the target is the number that the digit means."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook import checks
from lossbook.data.digits import REFERENCE_SIZE, Digits, Normalize, Split
from lossbook.data.mnist_files import SOURCES


@dataclass(frozen=True)
class DigitValues:
    """MNIST as a regression: images, and the value of each digit as a float from 0 to 9.

    Args:
        source: "embedded" (8,000 and 2,000 digits) or "full" (60,000 and 10,000, downloaded by torchvision).
        train_size: use only the first ``train_size`` training digits; None for all.
        column: True gives training targets of shape (N, 1), like the outputs of a net with one output; False gives
            (N,), like a list of numbers. All other targets have shape (N, 1).
        train_transform, val_transform: applied to pixels in [0, 1].

    >>> DigitValues(train_size=100).load().train_y.shape, DigitValues(train_size=100, column=False).load().train_y.shape
    ((100, 1), (100,))
    """

    source: str = "embedded"
    train_size: int | None = 4000
    column: bool = True
    train_transform: Normalize = Normalize()
    val_transform: Normalize = Normalize()

    def __post_init__(self) -> None:
        checks.one_of("source", self.source, SOURCES)
        if self.train_size is not None:
            checks.whole_number("train_size", self.train_size, 1)
        checks.flag("column", self.column)

    def load(self) -> Split:
        """The arrays: inputs (N, 1, 28, 28) and targets, both in float32.

        Raises:
            ValueError: ``train_size`` is more than the number of training digits.
            OSError: as :func:`lossbook.data.mnist`.
        """
        digits = Digits(self.source, self.train_size, self.train_transform, self.val_transform).load()
        train_y, val_y = (labels.astype("float32")[:, None] for labels in (digits.train_y, digits.val_y))
        return Split(
            digits.train_x,
            train_y if self.column else train_y[:, 0],
            digits.val_x,
            val_y,
            digits.train_x[:REFERENCE_SIZE],
            train_y[:REFERENCE_SIZE],
        )
