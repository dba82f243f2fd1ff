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
    Cause(
        key="data-changed-in-place",
        title="The data change each time that they are read",
        group="data",
        symptoms=("plateau", "oscillating", "diverging"),
        test="Read the same example twice, without augmentation: the two differ, always in the same direction.",
        cost="look",
        fix="Copy the example in __getitem__ before anything is done to it.",
        sources=("jatentaki2018aliases",),
        chapter="3.1.2",
    ),
)
