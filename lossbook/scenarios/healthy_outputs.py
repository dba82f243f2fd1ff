"""Healthy runs whose loss compares outputs: with those of a teacher, or with one another."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.loop import Loop, Training
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET
from lossbook.scenarios.representation import NearestMean, WithinClasses, squared_distances


@dataclass(frozen=True)
class ActiveTriplets:
    """As :class:`TripletMargin` with all triplets, but the mean of those alone that are not yet apart by ``margin``."""

    margin: float = 1.0

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        distances = squared_distances(pred)
        same = target[:, None] == target[None]
        mean = (distances * same).sum(1) / same.sum(1)
        each = torch.relu(mean[:, None] - distances + self.margin)[~same]
        return each.sum() / (each > 0).sum().clamp(min=1)


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
