"""A healthy run of two nets against each other, whose loss wanders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.data import Split
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET
from lossbook.schedules import Cosine

CODE = 8  # numbers that the encoder makes of an image
PIXELS = 14 * 14


@dataclass(frozen=True)
class Ring:
    """Points near a circle, (N, 2), which are also the targets."""

    train_size: int = 2000
    val_size: int = 500

    def load(self) -> Split:
        rng = np.random.default_rng(0)
        angle = 2 * np.pi * rng.random(self.train_size + self.val_size)
        points = np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.1 * rng.standard_normal((len(angle), 2))
        train, val = np.split((points + np.array([2.0, 0.0])).astype(np.float32), [self.train_size])
        return Split(train, train, val, val)


class TwoNets(nn.Module):
    """The logits that a point is real, of a real one and of one that was made; and the latter, (N, 4).

    The gradient of what was made is turned round: one step down for the judge is a step up for the maker.
    """

    draws: ClassVar[bool] = True  # random numbers, which a run then takes from its own generators

    def __init__(self, width: int, blur: float) -> None:
        super().__init__()
        self.blur = blur
        self.maker = MLP(sizes=(2, width, width, 2)).build()
        self.judge = MLP(sizes=(2, width, width, 1), activation="leaky_relu").build()

    def forward(self, x: Tensor) -> Tensor:
        made = self.maker(torch.randn_like(x))
        turned = 2 * made.detach() - made
        both = torch.cat([x, turned])
        judged = self.judge(both + self.blur * torch.randn_like(both))
        return torch.cat([*judged.split(len(x)), made], dim=1)


@dataclass(frozen=True)
class MakerAndJudge:
    """A :class:`TwoNets` as a value."""

    width: int = 32
    blur: float = 0.8  #: of the points that the judge sees

    def build(self) -> nn.Module:
        return TwoNets(self.width, self.blur)


@dataclass(frozen=True)
class RealOrMade:
    """What the judge pays for both answers."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return F.softplus(-pred[:, 0]).mean() + F.softplus(pred[:, 1]).mean()


@dataclass(frozen=True)
class EnergyDistance:
    """How far the points that were made are from the real ones, as two clouds; 0 for two clouds of one kind."""

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        made = pred[:, 2:]
        between, within = torch.cdist(made, target).mean(), torch.cdist(made, made).mean()
        return 2 * between - within - torch.cdist(target, target).mean()


@dataclass(frozen=True)
class Nearness:
    """One minus the :class:`EnergyDistance`."""

    name: ClassVar[str] = "nearness"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return 1 - EnergyDistance().value(pred, target)


ROWS = (
    Scenario(
        key="healthy-adversaries",
        title="One net makes points, one judges them: the loss wanders while the points become like the real ones.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=Ring(),
            model=MakerAndJudge(),
            loss=RealOrMade(),
            reference=EnergyDistance(),
            metric=Nearness(),
            optimizer=Adam(lr=Cosine(lr=0.006, end=0.0, steps=160), betas=(0.0, 0.9)),
            steps=160,
            eval_every=8,
        ),
        given_chance=2.8,  # of points at 0
    ),
)
