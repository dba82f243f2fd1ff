"""Causes in what a model makes of its inputs."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="input-ignored",
        title="The outputs do not depend on the inputs",
        group="model",
        symptoms=("high-flat", "plateau"),
        test="Give each example of a batch the inputs of another one: outputs and loss stay as they were.",
        cost="pass",
        fix="Turn the mask round, or mend the line of forward that passes on the wrong tensor.",
        sources=("jianghaoyuan2020mask",),
        chapter="5.2",
    ),
)
