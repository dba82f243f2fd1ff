"""Causes in the inputs and how they are prepared."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="unscaled-inputs",
        title="The inputs are not scaled",
        group="data",
        symptoms=("high-flat", "oscillating", "diverging", "slow", "non-finite"),
        test=(
            "Print the range of the tensor that enters the model; standardise it at "
            "the same learning rate: the loss falls."
        ),
        cost="look",
        fix="Standardise the inputs, with the numbers of the training set.",
        sources=("cs231n", "fsdl2021troubleshooting", "karpathy2019recipe", "ivanov2017reasons"),
        chapter="3.1.2",
    ),
    Cause(
        key="preprocessing-mismatch",
        title="Training and validation data are prepared differently",
        group="data",
        symptoms=("overfitting",),
        test="Send a training batch through the validation pipeline and compare the two tensors.",
        cost="look",
        fix="Use one transform, fitted on the training data, for both.",
        sources=("cao2022deepfd", "ivanov2017reasons", "cs231n"),
        chapter="3.1.2",
    ),
    Cause(
        key="augmentation-too-strong",
        title="The augmentation destroys the images instead of varying them",
        group="data",
        symptoms=("high-flat", "plateau", "slow", "oscillating"),
        test="Switch the augmentation off: the training loss falls. Look at an augmented batch.",
        cost="training",
        fix="Weaken it, and leave out transforms that change the label.",
        sources=("fsdl2021troubleshooting", "benbraiek2023testing", "karpathy2019recipe"),
        chapter="3.1.2",
    ),
    Cause(
        key="data-not-shuffled",
        title="The examples come in an order",
        group="data",
        symptoms=("oscillating", "slow", "overfitting"),
        test="Print the classes of each batch: each has only a few. The loss repeats with the length of the epoch.",
        cost="look",
        fix="Shuffle at every epoch.",
        sources=("google2024losscurves", "benbraiek2023testing", "ivanov2017reasons"),
        chapter="3.1.1",
    ),
    Cause(
        key="duplicated-augmentation",
        title="Every worker draws the same random numbers",
        group="data",
        symptoms=("plateau", "slow", "overfitting"),
        test="Compare the batches of two workers, and of two epochs: they are alike.",
        cost="look",
        fix="Seed each worker by its number and the epoch.",
        sources=("jiang2025training",),
        chapter="3.1.2",
    ),
    Cause(
        key="nonfinite-inputs",
        title="There is NaN or infinity in the data",
        group="data",
        symptoms=("non-finite", "oscillating"),
        test="Call isfinite on the inputs and on the targets.",
        cost="look",
        fix="Remove or fill in the bad values before training.",
        sources=("google2024losscurves", "schoop2021umlaut", "benbraiek2023testing"),
        chapter="3.1.1",
    ),
)
