"""Scenarios of the initial weights, and of signals and gradients on their way through the layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from lossbook.initializers import Constant, He, Normal, Xavier, Zeros
from lossbook.initializers.module import initialize
from lossbook.models import MLP
from lossbook.optim import SGD, Adam, ClipByGlobalNorm
from lossbook.paths import replace_at
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET
from lossbook.schedules import Cosine

DEEP = replace(
    NET, model=MLP(sizes=(784, 64, 64, 64, 64, 64, 10), init=He()), optimizer=SGD(lr=0.02), steps=240, eval_every=12
)  #: five hidden layers
ALIKE = replace(
    NET,
    model=MLP(sizes=(784, 256, 10), activation="tanh", init=Constant(0.001)),
    optimizer=SGD(lr=Cosine(lr=0.06, end=0.0, steps=150)),
    eval_every=20,
)  #: short, since each step enlarges the differences between the units, which start at one in a million


@dataclass(frozen=True)
class Biased:
    """A net whose biases all start at one value."""

    net: MLP
    bias: float

    def build(self) -> nn.Sequential:
        net = self.net.build()
        for layer in net:
            if isinstance(layer, nn.Linear):
                nn.init.constant_(layer.bias, self.bias)
        return net


@dataclass(frozen=True)
class HiddenDrawn:
    """A net whose hidden layers are drawn anew; the last layer stays as torch draws it."""

    net: MLP
    init: Any

    def build(self) -> nn.Sequential:
        net = self.net.build()
        rng = np.random.default_rng(int(torch.randint(2**31, ())))
        initialize(net[:-1], self.init, rng)
        return net


class RowReader(nn.Module):
    """A recurrent net that reads two rows of an image at a time; a rotation times ``gain`` is its memory.

    Its ReLUs are leaky, so that no unit dies in the first steps: the gradient of a dead unit cannot explode.
    """

    def __init__(self, gain: float) -> None:
        super().__init__()
        self.read, self.memory, self.head = nn.Linear(56, 64), nn.Linear(64, 64, bias=False), nn.Linear(64, 10)
        nn.init.orthogonal_(self.memory.weight, gain)

    def forward(self, x: Tensor) -> Tensor:
        first, *others = self.read(x.reshape(len(x), 14, 56)).unbind(dim=1)
        state = leaky_relu(first)
        for rows in others:
            state = leaky_relu(rows + self.memory(state))
        return self.head(state)


@dataclass(frozen=True)
class Recurrent:
    """A :class:`RowReader` as a value."""

    gain: float

    def build(self) -> RowReader:
        return RowReader(self.gain)


ROWS = (
    Scenario(
        key="symmetric-init",
        title="All weights start at zero, no gradient passes through them, and only the last bias learns.",
        cause="symmetric-init",
        symptom="high-flat",
        broken=replace_at(NET, "model.init", Zeros()),
        fix=("model.init", He()),
    ),
    Scenario(
        key="symmetric-init-by-a-constant",
        title="All weights start at one value, all hidden units stay alike, and the net is as good as one unit.",
        cause="symmetric-init",
        symptom="plateau",
        broken=ALIKE,
        fix=("model.init", Xavier()),
    ),
    Scenario(
        key="initial-weights-too-large",
        title="Every layer makes the numbers larger, and the first steps lead beyond what a float holds.",
        cause="bad-init-scale",
        symptom="non-finite",
        # The ReLUs are leaky, so that no unit dies.
        broken=replace_at(replace_at(DEEP, "model.init", Normal(1.0)), "model.activation", "leaky_relu"),
        fix=("model.init", He()),
    ),
    Scenario(
        key="initial-weights-too-small",
        title="Every layer makes the numbers smaller, and no gradient comes back through them.",
        cause="bad-init-scale",
        symptom="high-flat",
        broken=replace_at(DEEP, "model.init", Normal(0.01)),
        fix=("model.init", He()),
    ),
    Scenario(
        key="vanishing-gradients-sigmoid",
        title="Nine sigmoids in a row leave next to nothing of the gradient.",
        cause="vanishing-gradients",
        symptom="high-flat",
        broken=replace(
            NET,
            model=MLP(sizes=(784, *[32] * 9, 10), activation="sigmoid", init=He()),
            optimizer=SGD(lr=0.01, momentum=0.9),
            steps=240,
            eval_every=12,
        ),
        fix=("model.activation", "relu"),
    ),
    Scenario(
        key="exploding-gradients",
        title="The gradient grows with each row that a recurrent net reads, and without clipping it overflows.",
        cause="exploding-gradients",
        symptom="non-finite",
        broken=replace(
            NET,
            model=Recurrent(gain=2.1),
            optimizer=SGD(lr=Cosine(lr=0.3, end=0.0, steps=160)),
            steps=160,
            eval_every=20,
        ),
        fix=("clipping", ClipByGlobalNorm(1.0)),
    ),
    Scenario(
        key="dead-relu",
        title="A bias of -4.6, meant for a detector's last layer, is given to all: no hidden unit is ever above zero.",
        cause="dead-relu",
        symptom="high-flat",
        broken=replace(NET, model=Biased(MLP(sizes=(784, 32, 32, 10), init=He()), bias=-4.6)),
        fix=("model.bias", 0.0),
        persists=(-6.0, -4.0),
    ),
    Scenario(
        key="saturated-activations",
        title="nn.init.normal_ by default draws with deviation 1, so that each tanh is at its flat end.",
        cause="saturated-activations",
        symptom="slow",
        broken=replace(
            NET,
            model=HiddenDrawn(MLP(sizes=(784, 32, 32, 32, 10), activation="tanh"), Normal(1.0)),
            optimizer=Adam(lr=0.001),
            steps=160,
            eval_every=8,
        ),
        fix=("model.init", Xavier()),
    ),
)
