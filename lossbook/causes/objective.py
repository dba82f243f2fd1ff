"""Causes in the loss and the metric."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="loss-sign-flipped",
        title="The loss goes up where it should go down",
        group="objective",
        symptoms=("diverging",),
        test="Train on a few examples: the error grows.",
        cost="training",
        fix="Mend the sign.",
        sources=("fsdl2021troubleshooting", "benbraiek2023testing"),
        chapter="2.1.2",
    ),
    Cause(
        key="softmax-before-cross-entropy",
        title="There is one softmax or sigmoid too many",
        group="objective",
        symptoms=("high-flat", "slow"),
        test="Look at the outputs: all in 0 to 1. The loss of K classes cannot fall below ln(1 + (K-1)/e).",
        cost="pass",
        fix="Give the loss logits.",
        sources=("lippe2024uvadlc", "fsdl2021troubleshooting", "benbraiek2023testing", "humbatova2020taxonomy"),
        chapter="2.1.2",
    ),
    Cause(
        key="probabilities-into-nll",
        title="The loss gets probabilities where it expects logarithms",
        group="objective",
        symptoms=("slow",),
        test="Look at the first loss: it is negative.",
        cost="look",
        fix="Give NLL the output of log_softmax.",
        sources=("paszke2019pytorch",),
        chapter="2.1.2",
    ),
    Cause(
        key="log-of-zero",
        title="A logarithm meets zero",
        group="objective",
        symptoms=("non-finite", "oscillating"),
        test="Look for log applied to a probability that can round to 0.",
        cost="look",
        fix="Take the loss that works on logits.",
        sources=("fsdl2021troubleshooting", "nikanjam2021automatic"),
        chapter="2.1.2",
    ),
    Cause(
        key="wrong-loss",
        title="The loss does not fit the task",
        group="objective",
        symptoms=("high-flat", "plateau", "slow"),
        test=(
            "Give the loss an answer that is sure but wrong: its gradient vanishes. "
            "Over the run, loss and metric hardly move together."
        ),
        cost="pass",
        fix="Take the loss that belongs to the target and the last layer.",
        sources=("benbraiek2023testing", "zhang2021autotrainer"),
        chapter="2.1",
    ),
    Cause(
        key="sum-reduction",
        title="The loss is summed over the batch",
        group="objective",
        symptoms=("oscillating", "diverging"),
        test="Double the batch: the loss and the gradient double.",
        cost="pass",
        fix="Take the mean, or divide the learning rate by the batch size.",
        sources=("benbraiek2023testing",),
        chapter="2.1.2",
    ),
    Cause(
        key="broadcast-loss",
        title="Predictions and targets are broadcast against each other",
        group="objective",
        symptoms=("high-flat", "plateau"),
        test="Print both shapes: (N, 1) and (N,). With equal shapes the floor falls.",
        cost="look",
        fix="Give both the same shape.",
        sources=("fsdl2021troubleshooting", "lippe2024uvadlc"),
        chapter="2.1.2",
    ),
    Cause(
        key="wrong-metric",
        title="The metric measures something else",
        group="objective",
        symptoms=(),
        test="Compute the metric by hand on ten examples; the loss falls while the metric is flat.",
        cost="pass",
        fix="Mend the metric.",
        sources=("benbraiek2023testing", "lippe2024uvadlc", "google2024losscurves"),
        chapter="5.4",
    ),
)
