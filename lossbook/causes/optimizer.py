"""Causes in the optimiser's other knobs, the batch, and the precision."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="momentum-too-high",
        title="The momentum is too high",
        group="optimiser and learning rate",
        symptoms=("oscillating",),
        test="Lower the momentum from 0.99 to 0.9 at the same learning rate: the ringing stops.",
        cost="training",
        fix="Lower the momentum, or the learning rate in proportion to one minus the momentum.",
        sources=("goh2017momentum", "zhang2021autotrainer"),
        chapter="2.2",
    ),
    Cause(
        key="adam-eps",
        title="Adam's epsilon does not fit the gradients",
        group="optimiser and learning rate",
        symptoms=("oscillating", "non-finite", "slow"),
        test="Compare the smallest root of the second moment with epsilon; another epsilon removes the symptom.",
        cost="look",
        fix="Raise epsilon in low precision, lower it where gradients are tiny; keep the state in float32.",
        sources=("humbatova2020taxonomy", "benbraiek2023testing"),
        chapter="4.2",
    ),
    Cause(
        key="adam-betas",
        title="Adam's betas or its step count are wrong",
        group="optimiser and learning rate",
        symptoms=("oscillating", "slow", "diverging"),
        test="Train again with the usual betas: the loss falls. Compare the updates with those of torch.optim.Adam.",
        cost="training",
        fix="Take the usual betas, and count the steps from one.",
        sources=("zhang2023dive", "cs231n"),
        chapter="4.2",
    ),
    Cause(
        key="batch-too-small",
        title="The batch is too small",
        group="optimiser and learning rate",
        symptoms=("oscillating",),
        test=(
            "Measure the spread of the batch loss at several batch sizes: its square falls as "
            "1/B. Batch norm cannot work with one example."
        ),
        cost="pass",
        fix="Take a larger batch, or a group norm.",
        sources=("cs231n", "benbraiek2023testing"),
        chapter="3.3.1",
    ),
    Cause(
        key="low-precision",
        title="The precision is too low: gradients become 0, or numbers infinite",
        group="optimiser and learning rate",
        symptoms=("non-finite", "high-flat"),
        test="Train in float32: it works. Count the gradients that are exactly zero, and those that are not finite.",
        cost="training",
        fix="Scale the loss, or take bfloat16.",
        sources=("paszke2019pytorch",),
        chapter="3.3.1",
    ),
)
