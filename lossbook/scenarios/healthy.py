"""Healthy runs that look sick at first sight; none of them may be flagged."""

from __future__ import annotations

import math
from dataclasses import replace

from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP
from lossbook.optim import SGD, Adam
from lossbook.paths import replace_at
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import DESCENT, LINEAR, NET
from lossbook.schedules import Constant, Cosine, CosineRestarts, Warmup

SMOOTHING = 0.2
WRONG = SMOOTHING / 10  # what each class gets
ENTROPY = -(1 - 9 * WRONG) * math.log(1 - 9 * WRONG) - 9 * WRONG * math.log(WRONG)  # of the smoothed target, nats

RUNS = {
    "hockey-stick": ("The loss falls steeply and then slowly, as at the start of any training.", LINEAR),
    "small-net": ("A small net is not done after 200 steps, and falls on.", NET),
    "noisy-descent": ("The curve of gradient descent is jagged, and falls.", replace_at(DESCENT, "optimizer.lr", 0.1)),
    "small-batches": (
        "Batches of eight make a noisy curve that still falls.",
        replace(LINEAR, batch_size=8, optimizer=SGD(lr=0.01), steps=400, eval_every=20),
    ),
    "momentum": (
        "Momentum overshoots a little, and gets there sooner.",
        replace(NET, optimizer=SGD(0.02, momentum=0.9)),
    ),
    "warm-up": (
        "The loss is flat at ln 10 while the learning rate rises, and then falls.",
        replace_at(NET, "optimizer.lr", Warmup(steps=50, then=Constant(lr=0.003))),
    ),
    "cosine-restarts": (
        "At each restart of the learning rate the loss is shaken, and then falls on.",
        replace_at(NET, "optimizer.lr", CosineRestarts(lr=0.005, end=0.0, period=50)),
    ),
    "cosine": (
        "Half-way the loss is high, since the learning rate is; the end counts.",
        replace_at(NET, "optimizer", Adam(lr=Cosine(lr=0.005, end=0.0, steps=200))),
    ),
    "deeper-net": ("Two hidden layers need no other learning rate.", replace_at(NET, "model", MLP((784, 64, 64, 10)))),
    "label-smoothing": (
        "The loss stays far above zero: it has reached the entropy of its targets.",
        replace_at(NET, "loss", SoftmaxCrossEntropy(label_smoothing=SMOOTHING)),
    ),
}

ROWS = tuple(
    Scenario(f"healthy-{key}", title, None, "healthy", broken, floor=ENTROPY if key == "label-smoothing" else 0.0)
    for key, (title, broken) in RUNS.items()
)
