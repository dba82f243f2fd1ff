"""Causes in the learning rate and its schedule."""

from __future__ import annotations

from lossbook.causes.base import Cause
from lossbook.causes.readings import READINGS

RATIO = "update ratio"
LOW, HIGH = READINGS[RATIO].low, READINGS[RATIO].high

ROWS = (
    Cause(
        key="lr-too-high",
        title="The learning rate is too high",
        group="optimiser and learning rate",
        symptoms=("oscillating", "diverging", "non-finite", "high-flat", "spiking"),
        test=f"Train again with a tenth of the learning rate: the loss falls. An early {RATIO} is above {HIGH:g}.",
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
        test=(
            f"Train again with a hundred times the rate, or with 0.01 over the largest early {RATIO} times the rate: "
            f"the loss falls. No early {RATIO} is above {LOW:g}."
        ),
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
            "Print the learning rate against the step; continue from the same weights "
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
)
