"""Scenarios of the labels: given to other examples, wrong, or nearly always the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lossbook.data import Corrupted, Digits
from lossbook.data.corruptions import Imbalance, LabelNoise
from lossbook.optim import Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import DESCENT, LINEAR, NET

DIGITS = Digits(train_size=4000)


@dataclass(frozen=True)
class HeaderRow:
    """Images and labels come from two files; one header is read as a row, so each image gets the previous label.

    >>> HeaderRow().apply(np.zeros((3, 1)), np.array([5, 6, 7]))[1].tolist()
    [7, 5, 6]
    """

    rows: int = 1

    def apply(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x, np.roll(y, self.rows)


ROWS = (
    Scenario(
        key="labels-misaligned",
        title="Each image has the label of the image before it, and there is nothing to learn.",
        cause="labels-misaligned",
        symptom="high-flat",
        broken=replace(NET, data=Corrupted(Digits(), HeaderRow())),
        fix=("data.corruption", None),
    ),
    Scenario(
        key="noisy-labels",
        title="Two labels in three are wrong, and the model learns to be as unsure as the labels are.",
        cause="noisy-labels",
        symptom="plateau",
        broken=replace(LINEAR, data=Corrupted(DIGITS, LabelNoise(share=0.65)), optimizer=Adam(lr=0.002)),
        fix=("data.corruption", None),
    ),
    Scenario(
        key="class-imbalance",
        title="400 of 418 digits are zeros: the training loss is low at once, and no other class is ever predicted.",
        cause="class-imbalance",
        symptom="high-flat",
        broken=replace(DESCENT, data=Corrupted(DIGITS, Imbalance(keep=0.005))),
        fix=("data.corruption", None),
    ),
)
