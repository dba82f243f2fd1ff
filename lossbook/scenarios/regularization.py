"""Scenarios of weight decay and of learning by heart."""

from __future__ import annotations

from lossbook.optim import SGD
from lossbook.paths import replace_at
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import DESCENT, FEW

ROWS = (
    Scenario(
        key="weight-decay-too-strong",
        title="The decay takes more from the weights than the data give, and the net forgets.",
        cause="weight-decay-too-strong",
        symptom="high-flat",
        broken=replace_at(DESCENT, "optimizer", SGD(lr=0.05, weight_decay=2.0)),
        fix=("optimizer.weight_decay", 0.0),
        persists=(1.0, 4.0),
    ),
    Scenario(
        key="overfitting-few-digits",
        title="A wide net learns a hundred digits by heart.",
        cause="overfitting",
        symptom="overfitting",
        broken=FEW,
        fix=("data.train_size", 4000),
        persists=(50, 300),
    ),
)
