"""Scenarios of the model's structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.data import Digits, DigitValues
from lossbook.losses import MSE
from lossbook.metrics import R2
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET

CONTAINERS: dict[str, Callable[..., Any]] = {"list": list, "ModuleList": nn.ModuleList}


class Stack(nn.Module):
    """Dense layers in a container; parameters() sees the head, and the others only if the container registers them."""

    def __init__(self, sizes: tuple[int, ...], container: str) -> None:
        super().__init__()
        self.layers = CONTAINERS[container](nn.Linear(fan_in, fan_out) for fan_in, fan_out in pairwise(sizes[:-1]))
        self.head = nn.Linear(sizes[-2], sizes[-1])

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for layer in self.layers:
            x = torch.relu(layer.to(x)(x))  # model.to(device) misses layers in a list, so people write this
        return self.head(x)


@dataclass(frozen=True)
class HandMade:
    """A :class:`Stack` as a value."""

    sizes: tuple[int, ...]
    container: str

    def build(self) -> Stack:
        return Stack(self.sizes, self.container)


class Detach(nn.Module):
    """Cuts the output off from the graph, and sets requires_grad, since backward() raises without it."""

    def forward(self, x: Tensor) -> Tensor:
        return x.detach().requires_grad_()


#: name -> the module after the last layer
ENDINGS: dict[str, type[nn.Module]] = {
    "nothing": nn.Identity,
    "detach": Detach,
    "sigmoid": nn.Sigmoid,
}


@dataclass(frozen=True)
class Ending:
    """A net with one more module after its last layer."""

    net: Any
    last: str

    def build(self) -> nn.Sequential:
        return self.net.build().append(ENDINGS[self.last]())


class Columns(nn.Module):
    """Turns images (N, 1, 28, 28) into rows (N, 784); by a "view" wrongly, since it keeps the order in memory."""

    def __init__(self, by: str) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: Tensor) -> Tensor:
        return x.view(784, -1).T if self.by == "view" else x.flatten(1)


@dataclass(frozen=True)
class Reshaped:
    """A net after a :class:`Columns`."""

    net: Any
    by: str

    def build(self) -> nn.Sequential:
        return nn.Sequential(Columns(self.by), self.net.build())


@dataclass(frozen=True)
class HalfInverted:
    """Pixels from -1 to 1, every second image black on white instead of white on black.

    A linear map gives opposite outputs for an image and its negative, and so on average none.
    """

    def __call__(self, x: np.ndarray) -> np.ndarray:
        x = 2 * x - 1
        x[1::2] *= -1
        return x


@dataclass(frozen=True)
class Coarse:
    """A linear model of an image shrunk to ``side`` × ``side`` fields."""

    side: int

    def build(self) -> nn.Sequential:
        fields = self.side**2
        return nn.Sequential(
            nn.AdaptiveAvgPool2d(self.side), nn.Flatten(), nn.BatchNorm1d(fields), nn.Linear(fields, 10)
        )


INVERTED = Digits(train_transform=HalfInverted(), val_transform=HalfInverted())

ROWS = (
    Scenario(
        key="unregistered-layers",
        title="The hidden layers are in a Python list, where the optimiser does not see them, and stay random.",
        cause="unregistered-layers",
        symptom="high-flat",
        broken=replace(NET, model=HandMade(sizes=(784, 32, 32, 32, 32, 32, 10), container="list")),
        fix=("model.container", "ModuleList"),
    ),
    Scenario(
        key="graph-detached",
        title="The logits are detached, and requires_grad is set to silence the error: no weight gets a gradient.",
        cause="graph-detached",
        symptom="high-flat",
        broken=replace(NET, model=Ending(NET.model, "detach")),
        fix=("model.last", "nothing"),
    ),
    Scenario(
        key="output-activation-mismatch",
        title="A sigmoid gives at most 1, but the targets are numbers up to 9.",
        cause="output-activation-mismatch",
        symptom="high-flat",
        broken=replace(
            NET,
            data=DigitValues(),
            model=Ending(MLP(sizes=(784, 32, 1)), "sigmoid"),
            loss=MSE(),
            optimizer=Adam(lr=0.005),
            metric=R2(),
        ),
        fix=("model.last", "nothing"),
    ),
    Scenario(
        key="batch-mixing",
        title="A view in place of a transpose spreads the pixels of each image over the whole batch.",
        cause="batch-mixing",
        symptom="high-flat",
        broken=replace(NET, model=Reshaped(NET.model, "view")),
        fix=("model.by", "flatten"),
    ),
    Scenario(
        key="missing-nonlinearity",
        title="Without an activation two layers are one linear map, and an image and its negative cancel out.",
        cause="missing-nonlinearity",
        symptom="high-flat",
        broken=replace(NET, data=INVERTED, model=MLP(sizes=(784, 32, 10), activation="none")),
        fix=("model.activation", "relu"),
    ),
    Scenario(
        key="capacity-too-small",
        title="From four grey fields no linear map can tell ten digits apart.",
        cause="capacity-too-small",
        symptom="plateau",
        broken=replace(NET, model=Coarse(side=2), optimizer=Adam(lr=0.03), steps=300, eval_every=15),
        fix=("model.side", 7),
        persists=(2, 2),
    ),
)
