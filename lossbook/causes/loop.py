"""Causes in the training loop."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="missing-zero-grad",
        title="Gradients pile up from step to step",
        group="loop",
        symptoms=("oscillating", "plateau", "slow"),
        test="Print the norm of .grad just before each backward pass: it is not 0.",
        cost="pass",
        fix="Call zero_grad at every step.",
        sources=("lippe2024uvadlc", "jiang2025training"),
        chapter="5.3",
    ),
    Cause(
        key="parameters-not-optimized",
        title="The optimiser does not move the model's parameters",
        group="loop",
        symptoms=("high-flat", "slow"),
        test="Compare the model's parameters with the optimiser's; take one step: nothing moves.",
        cost="look",
        fix="Give the optimiser the parameters of the model that is trained, and unfreeze them.",
        sources=("jiang2025training", "ivanov2017reasons"),
        chapter="5.3",
    ),
    Cause(
        key="train-eval-mode",
        title="The model is in the wrong mode",
        group="loop",
        symptoms=("overfitting", "high-flat", "slow"),
        test="Compute the loss of one batch in train mode and in eval mode: they are far apart.",
        cost="pass",
        fix="Call train() before training and eval() before validation.",
        sources=("fsdl2021troubleshooting", "lippe2024uvadlc"),
        chapter="5.4",
    ),
    Cause(
        key="state-reset",
        title="The model or the optimiser is made anew in the loop",
        group="loop",
        symptoms=("high-flat", "oscillating", "slow"),
        test="Print the id of both at every step: one of them changes.",
        cost="look",
        fix="Make them once, before the loop.",
        sources=("lippe2024uvadlc",),
        chapter="5.3",
    ),
    Cause(
        key="gradients-cleared-early",
        title="Gradients are cleared before the step uses them",
        group="loop",
        symptoms=("high-flat",),
        test="Print the gradient norm after backward() and just before step(): there it is 0, or there is none.",
        cost="look",
        fix="Keep the order zero_grad, backward, step.",
        sources=("mitalbert2019zeroing",),
        chapter="5.3",
    ),
    Cause(
        key="loss-misreported",
        title="The number that is logged is not the loss that is trained on",
        group="loop",
        symptoms=("diverging", "oscillating", "plateau"),
        test="Print the tensor on which backward() is called beside the number that is logged: they part.",
        cost="look",
        fix="Set the total back to 0, and divide it by the number of losses that are in it.",
        sources=("nelsonliu2017average", "lemmersj2019divides"),
        chapter="5.3",
    ),
)
