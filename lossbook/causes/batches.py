"""Causes in how the batches are read: the same one again, or another one than is stored."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="same-batch-repeated",
        title="Every step gets the same batch",
        group="data",
        symptoms=("overfitting", "too-good"),
        test="Print a sum of the inputs at each step: it is the same number again and again.",
        cost="look",
        fix="Make the iterator once, outside the loop: for x, y in loader.",
        sources=("zllrunning2019iter",),
        chapter="3.1.1",
    ),
)
