"""Scenarios of what the targets are: their scale, and what the inputs tell of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.data import Corrupted, Digits, DigitValues, Normalize, Pool, Split
from lossbook.losses import MSE
from lossbook.metrics import R2
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET
from lossbook.scenarios.yardsticks import UnexplainedShare

VALUES = replace(
    NET,
    data=DigitValues(),
    model=MLP(sizes=(784, 32, 1)),
    optimizer=Adam(lr=0.005),
    loss=MSE(),
    metric=R2(),
)  #: the value of each digit, as a number

UNIT = Normalize(mean=0.0, std=1.0)  # pixels stay in [0, 1]


@dataclass(frozen=True)
class DigitTable(Digits):
    """Sixteen measurements of each digit as a table, in which the label may have stayed, as ten columns."""

    train_transform: Any = Pool(size=7)
    val_transform: Any = Pool(size=7)
    answers: bool = True

    def load(self) -> Split:
        split = super().load()

        def table(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            columns = (np.eye(10, dtype=x.dtype)[y] - 0.1) / 0.3 if self.answers else np.zeros((len(y), 10), x.dtype)
            return np.concatenate([x.reshape(len(x), -1), columns], axis=1)

        return split._replace(train_x=table(split.train_x, split.train_y), val_x=table(split.val_x, split.val_y))


@dataclass(frozen=True)
class InkMasks(Digits):
    """Segmentation: for each pixel of a smaller image, whether it has more ink than half of a full one, 1, or not, 0.

    >>> InkMasks(train_size=100).load().train_y.shape
    (100, 7, 7)
    """

    train_transform: Any = Pool(size=4, then=UNIT)
    val_transform: Any = Pool(size=4, then=UNIT)

    def load(self) -> Split:
        split = super().load()
        train_y, val_y = ((x[:, 0] > 0.5).astype(np.int64) for x in (split.train_x, split.val_x))
        return split._replace(train_y=train_y, val_y=val_y)


@dataclass(frozen=True)
class ThroughToTensor:
    """Masks that went through the same ``ToTensor`` as the images, which divides by 255, and were made whole again.

    >>> ThroughToTensor().apply(np.zeros(2), np.array([0, 1]))[1].tolist()
    [0, 0]
    """

    def apply(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x, (y / 255).astype(y.dtype)


@dataclass(frozen=True)
class PixelByPixel:
    """Two numbers for each pixel of an image, from the pixels around it."""

    kernel_size: int = 3

    def build(self) -> nn.Module:
        return nn.Sequential(nn.Conv2d(1, 2, self.kernel_size, padding="same"))


@dataclass(frozen=True)
class PixelCrossEntropy:
    """The cross entropy of all pixels."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        """``pred`` is (N, K, H, W), ``target`` (N, H, W) classes."""
        return F.cross_entropy(pred, target)


@dataclass(frozen=True)
class PixelAccuracy:
    """The share of the pixels with the right class."""

    name: ClassVar[str] = "pixel accuracy"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        """``pred`` is (N, K, H, W), ``target`` (N, H, W) classes."""
        return (pred.argmax(1) == target).float().mean()


@dataclass(frozen=True)
class InSmallUnits:
    """Targets in a unit that makes them large, as prices in cents.

    >>> InSmallUnits().apply(np.zeros((2, 1)), np.array([1.0, 9.0]))[1].tolist()
    [100000.0, 900000.0]
    """

    factor: float = 1e5

    def apply(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x, y * y.dtype.type(self.factor)


ROWS = (
    Scenario(
        key="target-leak",
        title="Nobody has taken the label out of the table, and the net needs to look at nothing else.",
        cause="target-leak",
        symptom="too-good",
        broken=replace(NET, data=DigitTable(train_size=4000), model=MLP(sizes=(26, 64, 10)), optimizer=Adam(lr=0.04)),
        fix=("data.answers", False),
    ),
    Scenario(
        key="degenerate-targets",
        title="The masks were divided by 255 like the images, and every pixel of them has become background.",
        cause="degenerate-targets",
        symptom="too-good",
        broken=replace(
            NET,
            data=Corrupted(InkMasks(train_size=1000), ThroughToTensor(), everywhere=True),
            model=PixelByPixel(),
            loss=PixelCrossEntropy(),
            optimizer=Adam(lr=3.0),
            metric=PixelAccuracy(),
            steps=100,
            eval_every=5,
        ),
        fix=("data.corruption", None),
        given_chance=math.log(2),
    ),
    Scenario(
        key="unscaled-targets",
        title="The targets go up to 900,000, each step moves a weight by 0.005, and the outputs stay far below.",
        cause="unscaled-targets",
        symptom="high-flat",
        broken=replace(
            VALUES, data=Corrupted(DigitValues(), InSmallUnits(), everywhere=True), reference=UnexplainedShare()
        ),
        fix=("data.corruption", None),
        given_chance=1.0,
    ),
)
