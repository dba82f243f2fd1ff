"""Scenarios of the learning rate and its schedule."""

from __future__ import annotations

from dataclasses import replace

from lossbook.data import Digits
from lossbook.models import MLP
from lossbook.optim import SGD, Adam
from lossbook.paths import replace_at
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import DESCENT, LINEAR, NET
from lossbook.schedules import Cosine, CosineRestarts, Exponential, Warmup

RESTARTS = replace(
    LINEAR, optimizer=SGD(lr=CosineRestarts(lr=1.2, end=0.0, period=20)), batch_size=256, eval_every=20
)  #: measured before each restart; with large batches, so that the curve is calm between the spikes

TANH = replace(
    NET,
    data=Digits(train_size=2000),
    model=MLP(sizes=(784, 256, 10), activation="tanh"),
    optimizer=Adam(lr=Warmup(steps=0, then=Cosine(lr=0.03, end=0.0, steps=150))),
    batch_size=32,
    eval_every=20,
)  #: a bold learning rate without a warm-up

ROWS = (
    Scenario(
        key="lr-too-high-oscillates",
        title="A linear classifier jumps around its minimum, since each step leads beyond it.",
        cause="lr-too-high",
        symptom="oscillating",
        broken=replace(LINEAR, optimizer=SGD(lr=1.0), eval_every=5),  # many looks: no single one decides their mean
        fix=("optimizer.lr", 0.05),
        persists=(0.8, 1.2),
    ),
    Scenario(
        key="lr-too-high-diverges",
        title="The first steps of a linear classifier lead so far away that the run never comes back.",
        cause="lr-too-high",
        symptom="diverging",
        broken=replace_at(LINEAR, "optimizer.lr", 50.0),
        fix=("optimizer.lr", 0.05),
        persists=(20.0, 1000.0),
    ),
    Scenario(
        key="lr-too-high-kills-the-relus",
        title="Adam's first steps drive the hidden units to zero, where no gradient comes back.",
        cause="lr-too-high",
        symptom="high-flat",
        broken=replace_at(NET, "optimizer.lr", 0.5),
        fix=("optimizer.lr", 0.002),
        persists=(0.5, 1.0),
    ),
    Scenario(
        key="lr-too-high-spikes",
        title="Each restart of the learning rate throws the weights far out, and they come back as it falls.",
        cause="lr-too-high",
        symptom="spiking",
        broken=RESTARTS,
        fix=("optimizer.lr.lr", 0.1),
        persists=(0.8, 1.2),
    ),
    Scenario(
        key="lr-too-low-is-flat",
        title="Gradient descent moves the weights by about a millionth of their size.",
        cause="lr-too-low",
        symptom="high-flat",
        broken=replace_at(DESCENT, "optimizer.lr", 1e-6),
        fix=("optimizer.lr", 0.05),
        persists=(1e-8, 1e-5),
    ),
    Scenario(
        key="lr-too-low-creeps",
        title="The loss falls at every look, but would need a day for what should take a minute.",
        cause="lr-too-low",
        symptom="slow",
        broken=replace_at(DESCENT, "optimizer.lr", 1e-3),
        fix=("optimizer.lr", 0.05),
        persists=(8e-4, 2e-3),
    ),
    Scenario(
        key="schedule-decays-too-early",
        title="A decay that was meant for each epoch is applied at each step.",
        cause="schedule-decays-too-early",
        symptom="plateau",
        broken=replace_at(NET, "optimizer.lr", Exponential(lr=0.002, gamma=0.8)),
        fix=("optimizer.lr.gamma", 0.995),
        persists=(0.75, 0.85),
    ),
    Scenario(
        key="no-warmup",
        title="The first step of Adam is as large as the whole network, and drives every tanh to its flat end.",
        cause="no-warmup",
        symptom="high-flat",
        broken=TANH,
        fix=("optimizer.lr.steps", 50),
        persists=(0, 0),
    ),
)
