"""Causes in the targets."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="labels-misaligned",
        title="The labels belong to other examples",
        group="data",
        symptoms=("high-flat", "overfitting"),
        test="Permute the labels: nothing changes. The model can still learn a few examples by heart.",
        cost="training",
        fix="Bring images and labels back into one order, and look at some pairs.",
        sources=("fsdl2021troubleshooting", "google2024losscurves", "ivanov2017reasons"),
        chapter="3.1.1",
    ),
    Cause(
        key="noisy-labels",
        title="Many labels are wrong",
        group="data",
        symptoms=("plateau", "overfitting"),
        test="Sort the training examples by their loss and look at the largest; measure the loss on a clean subset.",
        cost="pass",
        fix="Clean the labels, or take a loss that tolerates some wrong ones.",
        sources=("ivanov2017reasons", "karpathy2019recipe", "benbraiek2023testing"),
        chapter="3.1.1",
    ),
    Cause(
        key="class-imbalance",
        title="One class outweighs the others",
        group="data",
        symptoms=("plateau", "high-flat"),
        test="Count the predictions by class; the loss is the entropy of the class frequencies.",
        cost="pass",
        fix="Weight the classes, sample them evenly, or set the last bias to the frequencies.",
        sources=("rauschmayr2021debugger", "benbraiek2023testing", "karpathy2019recipe"),
        chapter="3.1.1",
    ),
)
