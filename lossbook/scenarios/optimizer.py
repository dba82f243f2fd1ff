"""Scenarios of the optimiser's other knobs, and of the batch."""

from __future__ import annotations

from dataclasses import replace

from lossbook.data import Digits
from lossbook.models import MLP
from lossbook.optim import SGD, Adam
from lossbook.paths import replace_at
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import LINEAR, NET
from lossbook.schedules import Cosine, Warmup

TANH = replace(
    NET,
    data=Digits(train_size=2000),
    model=MLP(sizes=(784, 64, 64, 10), activation="tanh"),
    optimizer=Adam(lr=Warmup(steps=0, then=Cosine(lr=0.02, end=0.0, steps=150))),
    batch_size=32,
)  #: a bold learning rate without a warm-up

ROWS = (
    Scenario(
        key="no-warmup",
        title="The first step of Adam is as large as the whole network, and drives every tanh to its flat end.",
        cause="no-warmup",
        symptom="high-flat",
        broken=TANH,
        fix=("optimizer.lr.steps", 50),
    ),
    Scenario(
        key="momentum-too-high",
        title="The steps add up to a hundred times the learning rate, and the run rings about its minimum.",
        cause="momentum-too-high",
        symptom="oscillating",
        broken=replace(LINEAR, optimizer=SGD(lr=0.05, momentum=0.99)),
        fix=("optimizer.momentum", 0.5),
    ),
    Scenario(
        key="adam-eps-too-large",
        title="Epsilon outweighs the gradients, and Adam becomes gradient descent at a thousandth of the rate.",
        cause="adam-eps",
        symptom="slow",
        broken=replace_at(NET, "optimizer.eps", 1.0),
        fix=("optimizer.eps", 1e-8),
        persists=(0.5, 2.0),
    ),
    Scenario(
        key="batch-of-one",
        title="The gradient of one example points anywhere, and the learning rate was meant for 64.",
        cause="batch-too-small",
        symptom="oscillating",
        broken=replace_at(LINEAR, "batch_size", 1),
        fix=("batch_size", 64),
    ),
)
