"""Causes in the regularisation."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="weight-decay-too-strong",
        title="The weight decay is too strong",
        group="regularisation",
        symptoms=("plateau", "slow", "high-flat"),
        test=(
            "Set it to 0 and start from fresh weights: the loss falls. The penalty's "
            "gradient outweighs that of the data."
        ),
        cost="training",
        fix="Lower it; with Adam, take AdamW.",
        sources=("cs231n", "benbraiek2023testing"),
        chapter="4.3",
    ),
    Cause(
        key="dropout-too-high",
        title="Too much is dropped",
        group="regularisation",
        symptoms=("plateau", "slow", "high-flat"),
        test="Set the dropout to 0: the training loss falls. On one batch it is lower in eval mode than in train mode.",
        cost="training",
        fix="Drop at most half.",
        sources=("schoop2021umlaut", "karpathy2019recipe", "srivastava2014dropout"),
        chapter="3.4.1",
    ),
    Cause(
        key="overfitting",
        title="The model learns its examples by heart",
        group="regularisation",
        symptoms=("overfitting",),
        test="Plot both losses: the held-out one has passed its lowest point and rises while the training loss falls.",
        cost="look",
        fix="Take more data, weight decay or dropout, or stop early.",
        sources=("godbole2023playbook", "karpathy2019recipe", "rauschmayr2021debugger"),
        chapter="2.4",
    ),
)
