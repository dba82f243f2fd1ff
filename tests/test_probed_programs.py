"""All decisive tests on ordinary, healthy programs of many kinds: none raises, none is positive, each says sense."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lossbook import Experiment
from lossbook.data import Split
from lossbook.metrics import R2, Accuracy
from lossbook.optim import SGD, Adam
from lossbook.probes import PROBES, Setup, setup_of
from lossbook.schedules import Cosine

N, HELD_OUT, F, K, T, SIDE = 640, 320, 20, 4, 8, 12


@dataclass(frozen=True)
class Given:
    """Inputs and targets that somebody has."""

    make: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]

    def load(self) -> Split:
        x, y = self.make(np.random.default_rng(0), N + HELD_OUT)
        return Split(x[:N], y[:N], x[N:], y[N:])


@dataclass(frozen=True)
class Net:
    """A model that somebody has written."""

    make: Callable[[], nn.Module]

    def build(self) -> nn.Module:
        return self.make()


@dataclass(frozen=True)
class Torch:
    """One of torch's losses."""

    of: Any

    def value(self, output: Tensor, target: Tensor) -> Tensor:
        return self.of(output, target)


@dataclass(frozen=True)
class Hits:
    """The share of right answers, however somebody counts them."""

    right: Callable[[Tensor, Tensor], Tensor]

    def value(self, output: Tensor, target: Tensor) -> Tensor:
        return self.right(output, target).float().mean()


class Then(nn.Module):
    """What stands at the end of a forward."""

    def __init__(self, what: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        return self.what(x)


class Recurrent(nn.Module):
    """A language model: what comes next at each place, (N, K, T), as torch's cross entropy wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(K, 24, batch_first=True), nn.Linear(24, K)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.lstm(x)[0]).transpose(1, 2)


def blobs(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = rng.integers(0, K, n)
    return (rng.normal(0, 1, (K, F))[y] + 0.7 * rng.normal(0, 1, (n, F))).astype(np.float32), y


def waves(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = rng.integers(0, K, n)
    t = np.arange(32) / 32 + rng.uniform(0, 1, (n, 1))
    return (np.sin(2 * np.pi * (y[:, None] + 1) * t) + 0.1 * rng.normal(size=(n, 32))).astype(np.float32)[:, None], y


def images(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = rng.integers(0, K, n)
    x = rng.normal(0, 0.5, (n, 1, SIDE, SIDE))
    for one, (row, column) in zip(x, np.stack([y // 2, y % 2], axis=1) * SIDE // 2, strict=True):
        one[0, row : row + SIDE // 2, column : column + SIDE // 2] += 1
    return x.astype(np.float32), y


def masks(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = np.zeros((n, SIDE, SIDE), dtype=np.int64)
    for one, row, column in zip(y, rng.integers(0, 6, n), rng.integers(0, 6, n), strict=True):
        one[row : row + 6, column : column + 6] = 1
    return (y[:, None] + 0.5 * rng.normal(size=(n, 1, SIDE, SIDE))).astype(np.float32), y


def steps(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Each token is the one before plus 1 or, seldom, plus 2; (N, T, K) and what comes next, (N, T)."""
    tokens = (rng.integers(0, K, (n, 1)) + np.cumsum(1 + (rng.random((n, T + 1)) < 0.1), axis=1)) % K
    return np.eye(K, dtype=np.float32)[tokens[:, :-1]], tokens[:, 1:]


def line(scale: float = 1.0, offset: float = 0.0) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    def make(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.normal(0, 1, (n, F))
        y = np.tanh(x[:, :1]) + x[:, 1:2] + 0.05 * rng.normal(size=(n, 1))
        return x.astype(np.float32), (scale * y + offset).astype(np.float32)

    return make


def of_blobs(target: Callable[[np.ndarray], np.ndarray]) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    def make(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = blobs(rng, n)
        return x, target(y)

    return make


def padded(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = steps(rng, n)
    y[np.arange(T) >= rng.integers(T // 2, T + 1, (n, 1))] = -100
    return x, y


def themselves(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(n, 3)) @ rng.normal(size=(3, F))
    x = (1 / (1 + np.exp(-x))).astype(np.float32)
    return x, x


def dense(out: int, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(F, 32), nn.ReLU(), nn.Linear(32, out), *last)


def frozen() -> nn.Module:
    body = nn.Sequential(nn.Linear(F, 128), nn.ReLU()).requires_grad_(False)
    return nn.Sequential(body, nn.Linear(128, K))


@dataclass(frozen=True)
class Held:
    """The loop of somebody who froze a part of the model."""


def program(
    make: Any, model: Callable[[], nn.Module], loss: Any, metric: Any = None, optimizer: Any = None, **rest: Any
) -> Experiment:
    rest = {"batch_size": 32, "steps": 120, "eval_every": 20, "device": "cpu", "check_data": False} | rest
    metric, optimizer = metric or Accuracy(), optimizer or Adam(lr=0.01)
    return Experiment(Given(make), Net(model), Torch(loss), optimizer, metric=metric, **rest)


BCE, YES = nn.BCELoss(), Hits(lambda p, y: (p > 0.5) == (y > 0.5))
LOGITS, ABOVE = nn.BCEWithLogitsLoss(), Hits(lambda z, y: (z > 0) == (y > 0.5))
CE, MSE = nn.CrossEntropyLoss(), nn.MSELoss()
PLACES = Hits(lambda z, y: z.argmax(1) == y)
odd = of_blobs(lambda y: (y[:, None] % 2).astype(np.float32))
PROGRAMS: dict[str, Experiment] = {
    "dense net": program(blobs, lambda: dense(K), CE),
    "sigmoid and BCE": program(odd, lambda: dense(1, nn.Sigmoid()), BCE, YES),
    "one logit": program(odd, lambda: dense(1), LOGITS, ABOVE),
    "convolution and NLL": program(
        images,
        lambda: nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(200, K), nn.LogSoftmax(dim=1)
        ),
        nn.NLLLoss(),
    ),
    "convolution in time": program(
        waves,
        lambda: nn.Sequential(nn.Conv1d(1, 16, 9), nn.ReLU(), nn.AdaptiveMaxPool1d(4), nn.Flatten(), nn.Linear(64, K)),
        CE,
    ),
    "language model": program(steps, Recurrent, CE, PLACES),
    "language model, padded": program(padded, Recurrent, CE, PLACES),
    "segmentation": program(
        masks,
        lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 3, padding=1)),
        CE,
        PLACES,
    ),
    "regression": program(line(), lambda: dense(1), MSE, R2()),
    "regression, squeezed": program(
        lambda rng, n: (line()(rng, n)[0], line()(rng, n)[1][:, 0]) if False else _squeezed(rng, n),
        lambda: dense(1, nn.Flatten(0)),
        MSE,
        R2(),
    ),
    "absolute error": program(line(), lambda: dense(1), nn.L1Loss(), R2()),
    "numbers near 100": program(line(offset=100.0), lambda: dense(1), MSE, R2(), Adam(lr=0.1)),
    "numbers of thousands": program(line(scale=1000.0), lambda: dense(1), MSE, R2(), Adam(lr=1.0)),
    "numbers of thousandths": program(line(scale=1e-3), lambda: dense(1), MSE, R2()),
    "numbers below zero": program(line(offset=-10.0), lambda: dense(1), MSE, R2(), Adam(lr=0.03)),
    "batch norm and dropout": program(
        blobs,
        lambda: nn.Sequential(nn.Linear(F, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, K)),
        CE,
    ),
    "many labels": program(
        of_blobs(lambda y: np.stack([y == 0, y == 1, y > 1, y % 2], axis=1).astype(np.float32)),
        lambda: dense(4),
        LOGITS,
        ABOVE,
    ),
    "one-hot targets": program(
        of_blobs(lambda y: np.eye(K, dtype=np.float32)[y]),
        lambda: dense(K),
        CE,
        Hits(lambda z, y: z.argmax(-1) == y.argmax(-1)),
    ),
    "autoencoder": program(
        themselves, lambda: nn.Sequential(nn.Linear(F, 8), nn.ReLU(), nn.Linear(8, F), nn.Sigmoid()), MSE, R2()
    ),
    "GELU": program(blobs, lambda: nn.Sequential(nn.Linear(F, 32), nn.GELU(), nn.Linear(32, K)), CE),
    "frozen body": program(blobs, frozen, CE, optimizer=Adam(lr=0.01)),
    "schedule": program(blobs, lambda: dense(K), CE, optimizer=SGD(lr=Cosine(0.2, 0.0, 120), momentum=0.9)),
}


def _squeezed(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = line()(rng, n)
    return x, y[:, 0]


@cache
def setup(name: str) -> Setup:
    return setup_of(PROGRAMS[name])
