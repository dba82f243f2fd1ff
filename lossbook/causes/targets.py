"""Causes in what the targets are: their scale, and what the inputs tell of them."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="target-leak",
        title="The inputs hold the answer",
        group="data",
        symptoms=("too-good", "overfitting"),
        test=(
            "Compare the targets with each input: one of them tells the target. In a sequence, change the token that "
            "is the target: the output of that place must not move."
        ),
        cost="pass",
        fix="Shift the targets by one, mask what comes later, or take the column out.",
        sources=("hiyouga2024leakage",),
        chapter="3.1.1",
    ),
    Cause(
        key="degenerate-targets",
        title="The targets are all the same, or none of them counts",
        group="data",
        symptoms=("too-good", "non-finite", "high-flat"),
        test="Count the different targets of a few batches, and those that are not left out: there is one, or none.",
        cost="look",
        fix="Scale the images, and not the labels; when a sequence is cut, keep the answer.",
        sources=("adizhol2018totensor",),
        chapter="3.1.1",
    ),
    Cause(
        key="unscaled-targets",
        title="The targets are numbers far larger than the outputs",
        group="data",
        symptoms=("high-flat", "slow", "diverging"),
        test=(
            "Compare the standard deviation of the targets with that of the fresh model's outputs; if it is above 100 "
            "times as large, standardise the targets at the same learning rate: the loss falls."
        ),
        cost="training",
        fix="Standardise the targets, with the numbers of the training set, and scale the predictions back.",
        sources=("ptrblck2020learn",),
        chapter="3.1.2",
    ),
)
