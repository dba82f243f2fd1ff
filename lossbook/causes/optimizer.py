"""Causes in the optimiser, its learning rate and its batches."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="lr-too-high",
        title="The learning rate is too high",
        group="optimiser and learning rate",
        symptoms=("oscillating", "diverging", "non-finite", "high-flat", "spiking"),
        test="Train again with a tenth of the learning rate: the loss falls. An early update ratio is above 1.",
        cost="training",
        fix="Divide it by 10, warm it up, or clip the gradient.",
        sources=("cs231n", "godbole2023playbook", "zhang2021autotrainer", "fsdl2021troubleshooting"),
        chapter="2.3",
    ),
    Cause(
        key="lr-too-low",
        title="The learning rate is too low",
        group="optimiser and learning rate",
        symptoms=("slow", "high-flat"),
        test="Train again with a hundred times the rate: the loss falls. No early update ratio is above 1e-3.",
        cost="training",
        fix="Raise it; a learning rate range test says how far.",
        sources=("cs231n", "fsdl2021troubleshooting", "schoop2021umlaut"),
        chapter="2.3",
    ),
    Cause(
        key="schedule-decays-too-early",
        title="The schedule ends before the training does",
        group="optimiser and learning rate",
        symptoms=("plateau",),
        test=(
            "Print the learning rate against the step; go on from the same weights "
            "with a constant one: the loss falls again."
        ),
        cost="look",
        fix="Count epochs where epochs are meant, and give the schedule the length of the run.",
        sources=("karpathy2019recipe", "godbole2023playbook"),
        chapter="3.3.2",
    ),
    Cause(
        key="no-warmup",
        title="The first steps are too large for a fresh model",
        group="optimiser and learning rate",
        symptoms=("oscillating", "non-finite", "high-flat"),
        test="Look for a spike of the gradient norm in the first steps; a warm-up removes it.",
        cost="training",
        fix="Warm the learning rate up, or clip the gradient.",
        sources=("godbole2023playbook",),
        chapter="3.3.2",
    ),
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
        title="The numbers are too coarse for the gradients",
        group="optimiser and learning rate",
        symptoms=("non-finite", "high-flat"),
        test="Train in float32: it works. Count the gradients that are exactly zero.",
        cost="training",
        fix="Scale the loss, or take bfloat16.",
        sources=("paszke2019pytorch",),
        chapter="3.3.1",
    ),
)
