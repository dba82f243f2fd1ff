"""Scenarios of weight decay, dropout, and learning by heart."""

from __future__ import annotations

from dataclasses import replace

from lossbook.models import MLP
from lossbook.optim import SGD, Adam
from lossbook.paths import replace_at
from lossbook.penalties import L1
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import DESCENT, FEW, NET

ROWS = (
    Scenario(
        key="weight-decay-too-strong",
        title="The decay takes more from the weights than the data add, and the net forgets.",
        cause="weight-decay-too-strong",
        symptom="high-flat",
        broken=replace_at(DESCENT, "optimizer", SGD(lr=0.05, weight_decay=2.0)),
        fix=("optimizer.weight_decay", 0.0),
        persists=(1.0, 4.0),
    ),
    Scenario(
        key="weight-decay-in-adam",
        title="Adam divides the decay by the small gradients it is added to, and pulls far harder than AdamW would.",
        cause="weight-decay-too-strong",
        symptom="plateau",
        broken=replace(NET, optimizer=Adam(lr=0.002, weight_decay=0.5)),
        fix=("optimizer.decoupled", True),
    ),
    Scenario(
        key="l1-too-strong",
        title="The penalty holds every weight at zero, since no gradient of the data is as large.",
        cause="weight-decay-too-strong",
        symptom="high-flat",
        broken=replace(NET, penalty=L1(0.05)),
        fix=("penalty.strength", 1e-4),
        persists=(0.03, 0.5),
    ),
    Scenario(
        key="dropout-too-high",
        title="Two layers in a row drop nine units of ten, and nothing of the digit arrives at the output.",
        cause="dropout-too-high",
        symptom="high-flat",
        broken=replace(NET, model=MLP(sizes=(784, 64, 64, 10), dropout=0.9)),
        fix=("model.dropout", 0.2),
        persists=(0.88, 0.97),
    ),
    Scenario(
        key="overfitting-few-digits",
        title="A net with more weights than it needs learns a hundred digits by heart.",
        cause="overfitting",
        symptom="overfitting",
        broken=FEW,
        fix=("data.train_size", 4000),
        persists=(50, 300),
        also_cured_by=(("another-lr", "At a third of the learning rate the run may end before the loss has turned."),),
    ),
)
