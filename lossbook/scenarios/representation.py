"""Scenarios of what a model makes of its inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lossbook import checks
from lossbook.data import Digits, Split
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET
from lossbook.scenarios.healthy import LaterDigits
from lossbook.train import build, run

KEPT = ("known", "unknown")
MININGS = ("hardest", "all")


@dataclass(frozen=True)
class PartlyKnown:
    """Digits of which some pixels are not known, (N, 2, 28, 28): each pixel, 0 if it is not known, and whether it is.

    Args:
        digits: with pixels in [0, 1].
        share: of the pixels that are not known.
    """

    digits: Digits = Digits(train_size=4000, train_transform=np.asarray, val_transform=np.asarray)
    share: float = 0.3

    def load(self) -> Split:
        split = self.digits.load()
        rng = np.random.default_rng(0)
        train_x, val_x = (
            np.concatenate([x * known, known], axis=1)
            for x in (split.train_x, split.val_x)
            for known in [(rng.random(x.shape) >= self.share).astype(x.dtype)]
        )
        return split._replace(train_x=train_x, val_x=val_x)


class Masked(nn.Module):
    """Gives a net the pixels on which its mask is 1."""

    def __init__(self, net: nn.Module, kept: str) -> None:
        super().__init__()
        self.net, self.kept = net, kept

    def forward(self, x: Tensor) -> Tensor:
        pixels, known = x[:, 0], x[:, 1]
        mask = known if self.kept == "known" else 1 - known
        return self.net(pixels * mask)


@dataclass(frozen=True)
class BehindMask:
    """A net behind a :class:`Masked`, which keeps the "known" pixels, or by mistake the "unknown" ones."""

    net: Any
    kept: str = "known"

    def __post_init__(self) -> None:
        checks.one_of("kept", self.kept, KEPT)

    def build(self) -> nn.Module:
        return Masked(self.net.build(), self.kept)


def squared_distances(pred: Tensor) -> Tensor:
    """Of all pairs of outputs, (N, N), without the N × N differences, which of a thousand examples take 64 MB."""
    pred = pred - pred.mean(0)  # far from 0 the digits of a small distance would be lost
    squares = (pred**2).sum(1)
    return (squares[:, None] + squares - 2 * pred @ pred.T).clamp(min=0)


@dataclass(frozen=True)
class TripletMargin:
    """Digits of one class shall be nearer to one another than to other digits, by ``margin``.

    Args:
        mining: "hardest" takes for each digit the farthest of its class and the nearest of the others; "all" takes
            the mean of its class, and each of the others.
        margin: between squared distances.
    """

    mining: str = "all"
    margin: float = 1.0

    def __post_init__(self) -> None:
        checks.one_of("mining", self.mining, MININGS)

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        distances = squared_distances(pred)
        same = target[:, None] == target[None]
        if self.mining == "hardest":
            farthest = (distances * same).amax(1)
            nearest = distances.masked_fill(same, float("inf")).amin(1)
            return torch.relu(farthest - nearest + self.margin).mean()
        mean = (distances * same).sum(1) / same.sum(1)
        return torch.relu(mean[:, None] - distances + self.margin)[~same].mean()


@dataclass(frozen=True)
class WithinClasses:
    """The variance of the outputs within the classes, relative to the whole; 1 if the outputs are all the same.

    ``least`` is added to both, so that differences that are far smaller count for nothing.
    """

    least: float = 0.01

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        means = torch.stack([pred[target == k].mean(0) for k in range(10)])
        within, whole = (((pred - mean) ** 2).sum(1).mean() for mean in (means[target], pred.mean(0)))
        return (within + self.least) / (whole + self.least)


@dataclass(frozen=True)
class NearestMean:
    """The share of digits to whose output the mean of their own class is the nearest."""

    name: ClassVar[str] = "accuracy"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        means = torch.stack([pred[target == k].mean(0) for k in range(10)])
        return (torch.cdist(pred, means).argmin(1) == target).float().mean()


@dataclass(frozen=True)
class Loaded:
    """A net whose layers but the last are those that were trained on other digits, and are frozen.

    Args:
        net: with fresh weights.
        steps: of the training before.
        prefix: of the keys in the file; those of the net have none, and ``strict=False`` passes over all others.
    """

    net: MLP
    steps: int = 150
    prefix: str = ""

    def build(self) -> nn.Module:
        model = self.net.build()
        last = f"{len(model) - 1}."
        kept = {
            name: value for name, value in trained_weights(self.net, self.steps).items() if not name.startswith(last)
        }
        model.load_state_dict({self.prefix + name: value for name, value in kept.items()}, strict=False)
        for layer in [*model.children()][:-1]:
            layer.requires_grad_(False)
        return model


@cache
def trained_weights(net: MLP, steps: int) -> dict[str, Tensor]:
    """Of the net after so many steps on digits that no run here sees."""
    before = replace(NET, data=LaterDigits(), model=net, steps=steps, device="cpu")
    model = build(before)
    run(before, model=model, progress=False)
    return model.state_dict()


ROWS = (
    Scenario(
        key="mask-turned-round",
        title="The mask has the wrong sign: what is known is wiped out, and the net sees the same zeros everywhere.",
        cause="input-ignored",
        symptom="high-flat",
        broken=replace(NET, data=PartlyKnown(), model=BehindMask(NET.model, kept="unknown")),
        fix=("model.kept", "known"),
    ),
    Scenario(
        key="embedding-collapse",
        title="The hardest triplets pull all digits into one point, where the loss is the margin, and where they stay.",
        cause="representation-collapse",
        symptom="high-flat",
        broken=replace(
            NET,
            model=MLP(sizes=(784, 64, 16), activation="tanh"),
            loss=TripletMargin(mining="hardest"),
            optimizer=Adam(lr=0.002),
            batch_size=32,
            reference=WithinClasses(),
            metric=NearestMean(),
        ),
        fix=("loss.mining", "all"),
        given_chance=1.0,
    ),
    Scenario(
        key="keys-with-a-prefix",
        title="The keys of the file begin with a word that the net's do not, nothing is loaded, and chance is frozen.",
        cause="weights-not-loaded",
        symptom="slow",
        broken=replace(NET, model=Loaded(MLP(sizes=(784, 64, 64, 64, 10)), prefix="module.")),
        fix=("model.prefix", ""),
    ),
)
