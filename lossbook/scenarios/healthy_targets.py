"""Healthy runs whose targets set the level of the loss: below zero, far above it, or near it from the start."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.data import Digits, Split
from lossbook.losses import MSE
from lossbook.metrics import R2
from lossbook.models import MLP
from lossbook.optim import Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET
from lossbook.scenarios.targets import InkMasks, PixelAccuracy, PixelCrossEntropy

NOISE, PRECISE = 0.7, 0.1


@dataclass(frozen=True)
class MixedDigits(Digits):
    """Mixup: each training example is a mixture of two digits, and its target one of their classes."""

    strength: float = 0.4  #: of the beta distribution of the shares

    def load(self) -> Split:
        split, rng = super().load(), np.random.default_rng(0)
        x, y, n = split.train_x, np.eye(10, dtype=np.float32)[split.train_y], len(split.train_y)
        share, other = rng.beta(self.strength, self.strength, n).astype(np.float32), rng.permutation(n)
        mixed = share[:, None, None, None] * x + (1 - share)[:, None, None, None] * x[other]
        targets = share[:, None] * y + (1 - share)[:, None] * y[other]
        return split._replace(train_x=mixed, train_y=targets, ref_x=x[:512], ref_y=split.train_y[:512])


@dataclass(frozen=True)
class Measurements:
    """A table of ten columns, and a standardised number that depends on them, with noise, (N, 1).

    Args:
        noise: standard deviation of the part of the target that no column tells.
    """

    noise: float
    train_size: int = 8000
    val_size: int = 500

    def load(self) -> Split:
        rng, n = np.random.default_rng(0), self.train_size + self.val_size
        x = rng.standard_normal((n, 10))
        known = np.sqrt(1 - self.noise**2) * (x[:, :1] + np.sqrt(2) * np.tanh(x[:, 1:2]) * x[:, 2:3]) / np.sqrt(1.79)
        y = known + self.noise * rng.standard_normal((n, 1))
        x, y, cut = x.astype(np.float32), y.astype(np.float32), self.train_size
        return Split(x[:cut], y[:cut], x[cut:], y[cut:])


@dataclass(frozen=True)
class GaussianLikelihood:
    """Minus the logarithm of the density of a normal distribution, whose mean and log-variance are the outputs."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        """``pred`` is (N, 2), ``target`` (N, 1)."""
        return F.gaussian_nll_loss(pred[:, :1], target, pred[:, 1:].exp())


@dataclass(frozen=True)
class OfTheMean:
    """R² of the first output."""

    name: ClassVar[str] = "R²"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return R2().value(pred[:, :1], target)


@dataclass(frozen=True)
class BrightSpots(InkMasks):
    """Masks of the few pixels that are brighter than those beside and below them, and bright."""

    def load(self) -> Split:
        split = super().load()

        def spots(x: np.ndarray) -> np.ndarray:
            right, below = np.roll(x, -1, 3), np.roll(x, -1, 2)
            return ((x > 0.6) & (x > right) & (x > below))[:, 0].astype(np.int64)

        return split._replace(train_y=spots(split.train_x), val_y=spots(split.val_x))


@dataclass(frozen=True)
class PixelNet:
    """Two numbers for each pixel, by two convolutions."""

    width: int = 6

    def build(self) -> nn.Module:
        first, last = nn.Conv2d(1, self.width, 3, padding="same"), nn.Conv2d(self.width, 2, 3, padding="same")
        return nn.Sequential(first, nn.ReLU(), last)


ROWS = (
    Scenario(
        key="healthy-mixup",
        title="Mixtures of two digits are hard to tell, and the training loss stays far above the held-out one.",
        cause=None,
        symptom="healthy",
        broken=replace(NET, data=MixedDigits(train_size=4000)),
    ),
    Scenario(
        key="healthy-likelihood-below-zero",
        title="A density may be larger than 1, so that the loss of a good forecast lies below zero.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=Measurements(noise=PRECISE),
            model=MLP(sizes=(10, 32, 2)),
            loss=GaussianLikelihood(),
            metric=OfTheMean(),
            optimizer=Adam(lr=0.01),
            steps=300,
            eval_every=15,
        ),
        given_chance=0.5,  # of mean 0 and variance 1
        floor=0.5 + math.log(PRECISE),
    ),
    Scenario(
        key="healthy-half-is-noise",
        title="No column of the table tells the other half of the target's variance, and there the error stops.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=Measurements(noise=NOISE),
            model=MLP(sizes=(10, 16, 1)),
            loss=MSE(),
            metric=R2(),
            optimizer=Adam(lr=0.005),
            batch_size=128,
        ),
        floor=NOISE**2,
    ),
    Scenario(
        key="healthy-mostly-background",
        title="Nineteen pixels of twenty are background: the accuracy is high at once, and says little.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=BrightSpots(train_size=1000),
            model=PixelNet(),
            loss=PixelCrossEntropy(),
            metric=PixelAccuracy(),
            optimizer=Adam(lr=0.02),
            steps=120,
            eval_every=6,
        ),
        given_chance=math.log(2),
    ),
)
