"""Healthy runs that look sick at first sight; none of them may be flagged."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from torch import Tensor, nn

from lossbook.data import Digits, Split
from lossbook.data.corruptions import LabelNoise
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP
from lossbook.optim import SGD, Adam, AdamW, ClipByGlobalNorm
from lossbook.paths import replace_at
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import DESCENT, LINEAR, NET
from lossbook.schedules import Constant, Cosine, CosineRestarts, Warmup
from lossbook.train import build, run


@dataclass(frozen=True)
class SoftDigits(Digits):
    """Training digits whose targets give a share to the next class, as when people disagree about a digit."""

    share: float = 0.3  #: share of the next class

    def load(self) -> Split:
        split = super().load()
        classes = np.eye(10, dtype=np.float32)
        own, following = classes[split.train_y], classes[(split.train_y + 1) % 10]
        return split._replace(train_y=(1 - self.share) * own + self.share * following)


@dataclass(frozen=True)
class NoisyHeldOut(Digits):
    """Digits with some wrong labels in the held-out part, and none in the training part."""

    share: float = 0.08  #: of the held-out labels

    def load(self) -> Split:
        split = super().load()
        return split._replace(val_y=LabelNoise(self.share).apply(split.val_x, split.val_y)[1])


@dataclass(frozen=True)
class LaterDigits(Digits):
    """The last 4,000 training digits, which no other run here sees."""

    def load(self) -> Split:
        split = super().load()
        return split._replace(train_x=split.train_x[-4000:], train_y=split.train_y[-4000:])


@dataclass(frozen=True)
class Convolution:
    """One convolution with a stride of 3, and a dense layer."""

    channels: int = 8

    def build(self) -> nn.Module:
        convolution = nn.Conv2d(1, self.channels, kernel_size=5, stride=3)
        return nn.Sequential(convolution, nn.ReLU(), nn.Flatten(), nn.Linear(self.channels * 8 * 8, 10))


CONVOLUTION = replace(NET, model=Convolution(), optimizer=Adam(lr=0.005))


@dataclass(frozen=True)
class Pretrained:
    """The convolution after ``steps`` steps on other digits."""

    steps: int = 60

    def build(self) -> nn.Module:
        model = Convolution().build()
        model.load_state_dict(_weights(self.steps))
        return model


@cache
def _weights(steps: int) -> dict[str, Tensor]:
    before = replace(CONVOLUTION, data=LaterDigits(), steps=steps, device="cpu")
    model = build(before)
    run(before, model=model, progress=False)
    return model.state_dict()


def _entropy(*shares: float) -> float:
    """The entropy of a target distribution, in nats: the lowest cross entropy that it allows."""
    return -sum(share * math.log(share) for share in shares)


SMOOTHING, SOFT = 0.2, 0.3
FLOORS = {
    "label-smoothing": _entropy(1 - 9 * SMOOTHING / 10, *(SMOOTHING / 10,) * 9),
    "soft-targets": _entropy(1 - SOFT, SOFT),
}
UNEVEN = (1.0, 1.0, 1.0, 3.0, 1.0, 3.0, 1.0, 1.0, 3.0, 1.0)  # the three digits that are most often confused count more

RUNS: dict[str, tuple[str, Any]] = {
    "hockey-stick": ("The loss falls steeply and then slowly, as at the start of any training.", LINEAR),
    "small-net": ("The loss of a small net still falls after 200 steps.", NET),
    "noisy-descent": ("The curve of gradient descent is jagged, but falls.", replace_at(DESCENT, "optimizer.lr", 0.1)),
    "small-batches": (
        "Batches of eight make a noisy curve that still falls.",
        replace(LINEAR, batch_size=8, optimizer=SGD(lr=0.01), steps=400, eval_every=20),
    ),
    "momentum": (
        "With momentum the run overshoots a little, but arrives sooner.",
        replace(NET, optimizer=SGD(0.02, momentum=0.9)),
    ),
    "warm-up": (
        "The loss falls late, since the learning rate is small at first.",
        replace_at(NET, "optimizer.lr", Warmup(steps=50, then=Constant(lr=0.003))),
    ),
    "cosine-restarts": (
        "Before each restart the learning rate is near 0 and the loss stands still; after it the loss falls again.",
        replace_at(NET, "optimizer.lr", CosineRestarts(lr=0.005, end=0.0, period=50)),
    ),
    "cosine": (
        "Half-way the loss is high, since the learning rate is high; only the end counts.",
        replace_at(NET, "optimizer", Adam(lr=Cosine(lr=0.005, end=0.0, steps=200))),
    ),
    "deeper-net": ("Two hidden layers need no other learning rate.", replace_at(NET, "model", MLP((784, 64, 64, 10)))),
    "label-smoothing": (
        "The loss stays far above zero: it is never below the entropy of its targets.",
        replace_at(NET, "loss", SoftmaxCrossEntropy(label_smoothing=SMOOTHING)),
    ),
    "soft-targets": (
        "Every target belongs a little to another class, and no loss can fall below the entropy of the targets.",
        replace_at(NET, "data", SoftDigits(train_size=4000, share=SOFT)),
    ),
    "fine-tuning": (
        "The net was trained before, so its loss starts low.",
        replace(CONVOLUTION, model=Pretrained(), steps=160, eval_every=16),
    ),
    "accuracy-rises-on": (
        "A few held-out labels are wrong: they cost more as the net gets surer, while more of the others are right.",
        replace(CONVOLUTION, data=NoisyHeldOut(train_size=4000)),
    ),
    "dropout": (
        "With half of the units left out, the training loss lies above the loss of the whole net.",
        replace_at(NET, "model", MLP((784, 64, 10), dropout=0.5)),
    ),
    "batch-norm": (
        "In training the output for each digit depends on its batch, and that does no harm.",
        replace_at(NET, "model.norm", "batch"),
    ),
    "clipping": (
        "Nearly every gradient is clipped, and the loss falls.",
        replace(DESCENT, optimizer=SGD(lr=0.1), clipping=ClipByGlobalNorm(0.5)),
    ),
    "class-weights": (
        "Three classes count three times, and the loss is a weighted mean.",
        replace_at(NET, "loss", SoftmaxCrossEntropy(weights=UNEVEN)),
    ),
    "weight-decay": (
        "AdamW pulls at the weights all the time, and the data pull harder.",
        replace(NET, optimizer=AdamW(lr=0.002, weight_decay=0.1)),
    ),
    "convolution": ("A convolution needs more time for a step, but fewer steps.", CONVOLUTION),
}

ROWS = tuple(
    Scenario(f"healthy-{key}", title, None, "healthy", broken, floor=FLOORS.get(key, 0.0))
    for key, (title, broken) in RUNS.items()
)
