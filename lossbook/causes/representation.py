"""Causes in what a model makes of its inputs."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="input-ignored",
        title="The outputs do not depend on the inputs",
        group="model",
        symptoms=("high-flat", "plateau"),
        test="Give all examples of a batch the inputs of the first one: the outputs stay as they were.",
        cost="pass",
        fix="Turn the mask round, or mend the line of forward that passes on the wrong tensor.",
        sources=("jianghaoyuan2020mask",),
        chapter="5.2",
    ),
    Cause(
        key="representation-collapse",
        title="All outputs collapse into one",
        group="model",
        symptoms=("high-flat", "plateau"),
        test=(
            "Measure the spread of the outputs over a batch, at the start and now: it is gone, and the loss stands at "
            "its margin."
        ),
        cost="pass",
        fix="Take other pairs than the hardest, a lower learning rate, outputs of unit length, or a stop-gradient.",
        sources=("demianzhang2018triplet", "viyjy2021margin"),
        chapter="5.4",
    ),
    Cause(
        key="weights-not-loaded",
        title="Pretrained weights never reached the model",
        group="model",
        symptoms=("slow", "plateau", "high-flat"),
        test=(
            "Print what load_state_dict(strict=False) returns: keys are missing and unexpected. The frozen weights are "
            "spread as torch draws them."
        ),
        cost="look",
        fix="Take the prefix off the keys, and load with strict=True.",
        sources=("dabeschte2021loading", "calebrob2026olmoearth"),
        chapter="3.2.1.2",
    ),
)
