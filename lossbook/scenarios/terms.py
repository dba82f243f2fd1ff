"""Scenarios of the terms of a loss, and of the operations on the way to it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook import checks
from lossbook.data import Digits, Split
from lossbook.optim import SGD, Adam, ClipByGlobalNorm
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET

ASSIGNED = ("=", "+=")
ROOTS = ("bare", "epsilon")


@dataclass(frozen=True)
class DigitsAndInk:
    """Digits with two targets each, (N, 2): the class, and how much ink there is, as a standardised number."""

    digits: Digits = Digits(train_size=4000)

    def load(self) -> Split:
        split = self.digits.load()
        ink = [x.mean(axis=(1, 2, 3)) for x in (split.train_x, split.val_x)]
        mean, spread = ink[0].mean(), ink[0].std()
        train_y, val_y = (
            np.stack([labels, (each - mean) / spread], axis=1).astype(np.float32)
            for labels, each in zip((split.train_y, split.val_y), ink, strict=True)
        )
        return split._replace(train_y=train_y, val_y=val_y)


@dataclass(frozen=True)
class TwoHeads:
    """A dense layer, and two more side by side on top of it: ten logits and one number."""

    width: int = 32

    def build(self) -> nn.Module:
        return Forked(self.width)


class Forked(nn.Module):
    """What :class:`TwoHeads` describes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.ReLU())
        self.digit, self.ink = nn.Linear(width, 10), nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.trunk(x)
        return torch.cat([self.digit(h), self.ink(h)], dim=1)


@dataclass(frozen=True)
class DigitAndInk:
    """The sum of two terms, whose second one is added with ``+=``; with ``=`` it takes the place of the first."""

    assigned: str = "+="

    def __post_init__(self) -> None:
        checks.one_of("assigned", self.assigned, ASSIGNED)

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        loss = F.cross_entropy(pred[:, :10], target[:, 0].long())
        ink = 2 * F.mse_loss(pred[:, 10], target[:, 1])
        return loss + ink if self.assigned == "+=" else ink


@dataclass(frozen=True)
class DigitAndWeightedInk:
    """The cross entropy of the digits, and ``ink`` times the squared error of their ink."""

    ink: float = 1.0

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return OfDigits().value(pred, target) + self.ink * F.mse_loss(pred[:, 10], target[:, 1])


@dataclass(frozen=True)
class OfDigits:
    """The cross entropy of the digits alone."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(pred[:, :10], target[:, 0].long())


@dataclass(frozen=True)
class DigitHits:
    """The share of digits whose class is right."""

    name: ClassVar[str] = "accuracy"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return (pred[:, :10].argmax(dim=1) == target[:, 0]).float().mean()


class Motion(nn.Module):
    """Reads an image row by row: the mean of what it makes of the rows, and how far each is from the next one."""

    def __init__(self, width: int, root: str) -> None:
        super().__init__()
        self.row, self.root = nn.Sequential(nn.Linear(28, width), nn.Tanh()), root
        self.head = nn.Linear(width + 27, 10)

    def forward(self, x: Tensor) -> Tensor:
        states = self.row(x[:, 0])
        squares = ((states[:, 1:] - states[:, :-1]) ** 2).sum(-1)
        steps = torch.sqrt(squares if self.root == "bare" else squares + 1e-3)
        return self.head(torch.cat([states.mean(1), steps], dim=1))


@dataclass(frozen=True)
class RowByRow:
    """A :class:`Motion` as a value: its root is "bare", or with "epsilon" within."""

    width: int = 32
    root: str = "epsilon"

    def __post_init__(self) -> None:
        checks.one_of("root", self.root, ROOTS)

    def build(self) -> nn.Module:
        return Motion(self.width, self.root)


ROWS = (
    Scenario(
        key="loss-term-overwritten",
        title="The second term is assigned where it should be added, and the net never hears which digit it was.",
        cause="loss-term-lost",
        symptom="plateau",
        broken=replace(
            NET,
            data=DigitsAndInk(),
            model=TwoHeads(),
            loss=DigitAndInk(assigned="="),
            reference=DigitAndInk(),
            metric=DigitHits(),
            optimizer=Adam(lr=0.001),
        ),
        fix=("loss.assigned", "+="),
        given_chance=4.3,  # ln 10, and twice the variance 1
    ),
    Scenario(
        key="term-drowned",
        title="The ink is measured in a small unit, its error is huge, and clipping leaves the digits nothing.",
        cause="loss-terms-unbalanced",
        symptom="high-flat",
        broken=replace(
            NET,
            data=DigitsAndInk(),
            model=TwoHeads(),
            loss=DigitAndWeightedInk(ink=1000.0),
            optimizer=SGD(lr=0.1),
            clipping=ClipByGlobalNorm(2.0),
            reference=OfDigits(),
            metric=DigitHits(),
        ),
        fix=("loss.ink", 1.0),
        persists=(500.0, 2000.0),
        given_chance=math.log(10),
    ),
    Scenario(
        key="root-of-zero",
        title="Two blank rows have a distance of 0, where the root has no slope: the loss is finite, its gradient NaN.",
        cause="undefined-operation",
        symptom="non-finite",
        broken=replace(NET, model=RowByRow(root="bare"), optimizer=Adam(lr=0.005)),
        fix=("model.root", "epsilon"),
    ),
)
