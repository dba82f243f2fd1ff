"""Scenarios of what the targets are: their scale, and what the inputs tell of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lossbook.data import Corrupted, Digits, DigitValues, Pool, Split
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
