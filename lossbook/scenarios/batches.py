"""Scenarios of how the batches are read: the same one again, or another one than is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from lossbook.data import Digits, Split
from lossbook.loop import Loop, Training
from lossbook.optim import SGD, Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import LINEAR, NET


@dataclass(frozen=True)
class FirstBatchAgain(Digits):
    """What ``next(iter(loader))`` gives at each step, if the loader does not shuffle: its first batch.

    The reference loss is measured on the digits of that batch.
    """

    batch_size: int = 16
    again: bool = True

    def load(self) -> Split:
        split, size = super().load(), self.batch_size
        split = split._replace(ref_x=split.train_x[:size], ref_y=split.train_y[:size])
        if not self.again:
            return split
        order = np.arange(len(split.train_x)) % size
        return split._replace(train_x=split.train_x[order], train_y=split.train_y[order])


@dataclass(frozen=True)
class DividesInPlace(Loop):
    """``__getitem__`` of the data set writes ``x /= 255`` into what it has stored, at each reading."""

    epoch: int = 16  #: steps per epoch

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        return super().step(training, x / 255.0 ** (training.step // self.epoch), y)


ROWS = (
    Scenario(
        key="same-batch-repeated",
        title="The loop makes the iterator anew at each step, and sees the first sixteen digits two hundred times.",
        cause="same-batch-repeated",
        symptom="overfitting",
        broken=replace(
            NET, data=FirstBatchAgain(train_size=4000), optimizer=Adam(lr=0.004), batch_size=16, shuffle=False
        ),
        fix=("data.again", False),
    ),
    Scenario(
        key="data-changed-in-place",
        title="The pixels are divided by 255 in their own memory, again in each epoch: after the first, all are 0.",
        cause="data-changed-in-place",
        symptom="plateau",
        broken=replace(LINEAR, data=Digits(train_size=1024), optimizer=SGD(lr=0.01), loop=DividesInPlace(epoch=16)),
        fix=("loop", Loop()),
    ),
)
