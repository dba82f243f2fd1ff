"""Healthy runs of nets that make something: their loss is flat, or large, or wanders, and they learn."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.data import Digits, Pool, Split
from lossbook.losses import MSE
from lossbook.metrics import R2
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET
from lossbook.scenarios.targets import UNIT
from lossbook.schedules import Cosine

CODE = 8  # numbers that the encoder makes of an image
PIXELS = 14 * 14


@dataclass(frozen=True)
class NoisedDigits(Digits):
    """Diffusion: small digits with noise, and how much of it, (N, 50); the targets are the noise, (N, 49).

    >>> NoisedDigits(train_size=100).load().train_x.shape
    (100, 50)
    """

    train_transform: Any = Pool(size=4)
    val_transform: Any = Pool(size=4)

    def load(self) -> Split:
        split, rng = super().load(), np.random.default_rng(0)

        def noised(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            x = x.reshape(len(x), -1)
            noise = rng.standard_normal(x.shape).astype(x.dtype)
            time = rng.random((len(x), 1)).astype(x.dtype)
            angle = np.pi / 2 * time
            return np.concatenate([np.cos(angle) * x + np.sin(angle) * noise, time], axis=1), noise

        (train_x, train_y), (val_x, val_y) = noised(split.train_x), noised(split.val_x)
        return Split(train_x, train_y, val_x, val_y)


@dataclass(frozen=True)
class ImagesThemselves(Digits):
    """Digits whose targets are their own pixels, in [0, 1], (N, 196)."""

    train_transform: Any = Pool(size=2, then=UNIT)
    val_transform: Any = Pool(size=2, then=UNIT)

    def load(self) -> Split:
        split = super().load()
        return split._replace(train_y=split.train_x.reshape(-1, PIXELS), val_y=split.val_x.reshape(-1, PIXELS))


class Autoencoder(nn.Module):
    """The logits of the pixels, then mean and logarithm of the variance of the code, from which they were drawn."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(PIXELS, width), nn.ReLU(), nn.Linear(width, 2 * CODE))
        self.decoder = nn.Sequential(nn.Linear(CODE, width), nn.ReLU(), nn.Linear(width, PIXELS))

    def forward(self, x: Tensor) -> Tensor:
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        code = mean + torch.exp(log_variance / 2) * torch.randn_like(mean) if self.training else mean
        return torch.cat([self.decoder(code), mean, log_variance], dim=1)


@dataclass(frozen=True)
class Variational:
    """An :class:`Autoencoder` as a value."""

    width: int = 64

    def build(self) -> nn.Module:
        return Autoencoder(self.width)


@dataclass(frozen=True)
class EvidenceBound:
    """For each image, the cross entropy of all its pixels added up, and the divergence of its code."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        """``pred`` is (N, 212), ``target`` (N, 196)."""
        logits, mean, log_variance = pred.split([PIXELS, CODE, CODE], dim=1)
        pixels = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(1)
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
        return (pixels + divergence).mean()


@dataclass(frozen=True)
class PixelsRight:
    """The share of the pixels that are on the right side of one half."""

    name: ClassVar[str] = "pixel accuracy"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return ((pred[:, :PIXELS] > 0) == (target > 0.5)).float().mean()


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

    def __init__(self, width: int, blur: float) -> None:
        super().__init__()
        self.blur = blur
        self.maker = MLP(sizes=(2, width, width, 2)).build()
        self.judge = MLP(sizes=(2, width, width, 1), activation="leaky_relu").build()

    def forward(self, x: Tensor) -> Tensor:
        made = self.maker(torch.randn_like(x))
        turned = 2 * made.detach() - made
        seen = (each + self.blur * torch.randn_like(each) for each in (x, turned))
        return torch.cat([*map(self.judge, seen), made], dim=1)


@dataclass(frozen=True)
class MakerAndJudge:
    """A :class:`TwoNets` as a value."""

    width: int = 32
    blur: float = 0.6  #: of the points that the judge sees

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
        key="healthy-diffusion",
        title="Which noise was added cannot be seen where there is little: the loss is flat and noisy from early on.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=NoisedDigits(train_size=4000),
            model=MLP(sizes=(50, 128, 49)),
            loss=MSE(),
            metric=R2(),
            optimizer=Adam(lr=0.005),
            steps=300,
            eval_every=15,
        ),
    ),
    Scenario(
        key="healthy-variational-autoencoder",
        title="The errors of 196 pixels are added up: a loss above a hundred is no sign of anything.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=ImagesThemselves(train_size=4000),
            model=Variational(),
            loss=EvidenceBound(),
            metric=PixelsRight(),
            optimizer=Adam(lr=0.005),
        ),
        given_chance=PIXELS * math.log(2),
    ),
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
            optimizer=Adam(lr=Cosine(lr=0.004, end=0.0, steps=240), betas=(0.0, 0.9)),
            steps=240,
            eval_every=12,
        ),
        given_chance=2.8,  # of points at 0
    ),
)
