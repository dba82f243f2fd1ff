"""Healthy runs in which some weights stand still, move slowly, or follow others, on purpose."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.data import Digits
from lossbook.loop import Loop, Training
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.optim.groups import Groups
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET
from lossbook.scenarios.healthy import CONVOLUTION, Pretrained
from lossbook.scenarios.representation import NearestMean, WithinClasses, trained_weights


@dataclass(frozen=True)
class ActiveTriplets:
    """As :class:`TripletMargin` with all triplets, but the mean of those alone that are not yet apart by ``margin``."""

    margin: float = 1.0

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        distances = ((pred[:, None] - pred[None]) ** 2).sum(-1)
        same = target[:, None] == target[None]
        mean = (distances * same).sum(1) / same.sum(1)
        each = torch.relu(mean[:, None] - distances + self.margin)[~same]
        return each.sum() / (each > 0).sum().clamp(min=1)


@dataclass(frozen=True)
class Turned:
    """Digits that lie on their side, (N, 1, 28, 28), with pixels from -1 to 1."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.rot90(x, axes=(2, 3))) * 2 - 1


class LowRank(nn.Module):
    """A frozen dense layer, and beside it a product of two thin matrices, of which the second begins with zeros."""

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.layer = layer.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, layer.in_features) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) + x @ self.down.T @ self.up.T


@dataclass(frozen=True)
class WithAdapters:
    """A net that was trained on other digits; only what :class:`LowRank` adds to its dense layers is trained."""

    net: MLP = MLP(sizes=(784, 64, 10))
    rank: int = 8

    def build(self) -> nn.Module:
        model = self.net.build()
        model.load_state_dict(trained_weights(self.net, 150))
        layers = (LowRank(part, self.rank) if isinstance(part, nn.Linear) else part for part in model)
        return nn.Sequential(*layers)


@dataclass(frozen=True)
class NewHead(Pretrained):
    """The convolution that was trained on other digits, and perhaps stays as it is; and a new last layer."""

    frozen: bool = False
    features: int = 512  #: that the convolution gives

    def build(self) -> nn.Module:
        convolution, *between, _ = super().build().children()
        return nn.Sequential(convolution.requires_grad_(not self.frozen), *between, nn.Linear(self.features, 10))


class Pupil(nn.Module):
    """A net, and its teacher, whose weights are running means of the net's; the outputs of both, (N, 20)."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net, self.teacher = net, copy.deepcopy(net).requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.net(x), self.teacher(x)], dim=1)


@dataclass(frozen=True)
class WithTeacher:
    """A :class:`Pupil` as a value."""

    net: Any

    def build(self) -> nn.Module:
        return Pupil(self.net.build())


@dataclass(frozen=True)
class TeacherFollows(Loop):
    """After each step the teacher's weights move a little towards the net's."""

    share: float = 0.05

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        loss = super().step(training, x, y)
        with torch.no_grad():
            net, teacher = training.model.children()
            for own, other in zip(net.parameters(), teacher.parameters(), strict=True):
                other.lerp_(own, self.share)
        return loss


@dataclass(frozen=True)
class LabelsAndTeacher:
    """The cross entropy, and how far the net's probabilities are from its teacher's."""

    weight: float = 1.0

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        own, teacher = pred.split(10, dim=1)
        return F.cross_entropy(own, target) + self.weight * ((own.softmax(1) - teacher.softmax(1)) ** 2).sum(1).mean()


@dataclass(frozen=True)
class OfTheNet:
    """The cross entropy of the net without its teacher."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(pred[:, :10], target)


@dataclass(frozen=True)
class TeacherIsRight:
    """The share of the digits that the teacher gets right."""

    name: ClassVar[str] = "accuracy"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return (pred[:, 10:].argmax(1) == target).float().mean()


ROWS = (
    Scenario(
        key="healthy-low-rank-adapters",
        title="The net itself is frozen, and a few new weights beside it learn what has changed.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=Digits(train_size=4000, train_transform=Turned(), val_transform=Turned()),
            model=WithAdapters(),
            optimizer=Adam(lr=0.005),
        ),
    ),
    Scenario(
        key="healthy-frozen-body",
        title="The convolution has learned from other digits and is frozen; the last layer is new.",
        cause=None,
        symptom="healthy",
        broken=replace(CONVOLUTION, model=NewHead(frozen=True)),
    ),
    Scenario(
        key="healthy-slower-body",
        title="The layer that was trained before moves at a tenth of the rate of the new one.",
        cause=None,
        symptom="healthy",
        broken=replace(
            CONVOLUTION, model=NewHead(), optimizer=Groups(Adam(lr=0.003), others=(("0.*", Adam(lr=0.0003)),))
        ),
    ),
    Scenario(
        key="healthy-teacher",
        title="No gradient reaches the teacher, whose weights follow the net's after each step.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            model=WithTeacher(NET.model),
            loss=LabelsAndTeacher(),
            reference=OfTheNet(),
            metric=TeacherIsRight(),
            loop=TeacherFollows(),
        ),
        given_chance=math.log(10),
    ),
    Scenario(
        key="healthy-triplets",
        title="The mean of those triplets that are not yet apart stays near the margin, while they become fewer.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            model=MLP(sizes=(784, 64, 16), activation="tanh"),
            loss=ActiveTriplets(),
            optimizer=Adam(lr=0.001),
            reference=WithinClasses(),
            metric=NearestMean(),
        ),
        given_chance=1.0,
    ),
)
