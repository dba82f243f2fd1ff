"""Healthy runs of nets that make something: their loss is flat or large, and they learn."""

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

    draws: ClassVar[bool] = True  # random numbers, which a run then takes from its own generators

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
            steps=120,
            eval_every=6,
        ),
        given_chance=PIXELS * math.log(2),
    ),
)
