"""Programs of many kinds with a fault in their inputs, and the same ones without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from foreign import seeded, trained
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case


def table(n: int, columns: int = 12) -> tuple[Tensor, Tensor]:
    """Measurements, and a number that depends on three of them."""
    x = torch.randn(n, columns)
    return x, torch.tanh(x[:, :1]) + 0.5 * x[:, 1:2] - 0.5 * x[:, 2:3] + 0.05 * torch.randn(n, 1)


def split(x: Tensor, y: Tensor, size: int = 32) -> list[Batch]:
    return [Batch.of(*pair) for pair in zip(x.split(size), y.split(size), strict=True)]


def dense(out: int, inputs: int = 12, activation: type[nn.Module] = nn.Tanh) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 24), activation(), nn.Linear(24, out))


@dataclass(frozen=True)
class Blanks:
    """A share of the readings is lost; drawn from one generator, or from one that begins anew for each batch."""

    share: float
    held: bool = False

    def apply(self, x: Tensor, rng: np.random.Generator) -> Tensor:
        rng = np.random.default_rng(0) if self.held else rng
        return x * torch.from_numpy(rng.random(tuple(x.shape)) >= self.share).to(x)


def unscaled(seed: int, broken: bool = True) -> Case:
    """Regression on a table of which some columns are in thousands."""
    with seeded(seed):
        x, y = table(960)
        x = x * (torch.tensor([1.0, 1000.0, 30.0] * 4) if broken else 1) + (200 if broken else 0)
        model = dense(1, activation=nn.ReLU)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
        return trained(model, optimizer, F.mse_loss, split(x, y), 60)


def differently_prepared(seed: int, broken: bool = True) -> Case:
    """Regression on a table whose held-out part nobody has scaled."""
    with seeded(seed):
        x, y = table(960)
        held_out = Batch.of(x[640:] * (50 if broken else 1) + (10 if broken else 0), y[640:])
        model = dense(1)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        return trained(model, optimizer, F.mse_loss, split(x[:640], y[:640]), 60, held_out)


def blanked(seed: int, share: float, held: bool = False) -> Case:
    """An autoencoder of signals with gaps."""
    with seeded(seed):
        signal = torch.sin(torch.linspace(0, 6, 24) * (1 + 3 * torch.rand(1280, 1)) + 6 * torch.rand(1280, 1))
        whole, rng, blanks = split(signal, signal), np.random.default_rng(seed), Blanks(share, held)
        batches = [batch.with_x(blanks.apply(batch.inputs[0], rng)) for batch in whole[:30]]
        model = nn.Sequential(nn.Linear(24, 32), nn.GELU(), nn.Linear(32, 24))
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        held_out = Batch.of(signal[960:], signal[960:])
        return replace(trained(model, optimizer, F.mse_loss, batches, 60, held_out), augment=blanks)


def in_order(seed: int) -> Case:
    """Regression on a table that is sorted by the number which is sought."""
    with seeded(seed):
        x, y = table(1280)
        order = y.flatten().argsort()
        model = dense(1)
        optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
        return trained(model, optimizer, F.l1_loss, split(x[order], y[order]), 80)


def series(seed: int) -> Case:
    """What comes next in a series, whose examples come in the order of time, and teach the same early and late."""
    with seeded(seed):
        t = 0.02 * torch.arange(1300)
        level = torch.sin(t) + 0.3 * torch.sin(5 * t) + 0.05 * torch.randn(1300)
        x, y = level.unfold(0, 12, 1)[:1280], level[12:1292, None]
        model = dense(1, activation=nn.ReLU)
        optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
        return trained(model, optimizer, F.mse_loss, split(x, y), 80)


class Sensors(nn.Module):
    """What a sequence of readings ends in."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(3, 16, batch_first=True), nn.Linear(16, 1)

    def forward(self, readings: Tensor) -> dict[str, Any]:
        return {"level": self.head(self.lstm(readings)[0][:, -1])}


def with_gaps(seed: int, broken: bool = True) -> Case:
    """An LSTM on readings of sensors, some of which failed; its output is a dict."""
    with seeded(seed):
        x = torch.randn(640, 10, 3)
        y = x.mean(1) @ torch.tensor([[2.0], [-1.0], [3.0]])
        if broken:
            x[torch.randperm(640)[:12], 3, 1] = torch.nan
        model = Sensors()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        return trained(model, optimizer, lambda out, y: F.mse_loss(out["level"], y), split(x, y), 60)


#: the cause -> a program that has it, for a seed
FOREIGN: dict[str, Callable[[int], Case]] = {
    "unscaled-inputs": unscaled,
    "preprocessing-mismatch": differently_prepared,
    "augmentation-too-strong": lambda seed: blanked(seed, 0.97),
    "duplicated-augmentation": lambda seed: blanked(seed, 0.2, held=True),
    "data-not-shuffled": in_order,
    "nonfinite-inputs": with_gaps,
}
#: the cause -> the same program without it
HEALTHY: dict[str, Callable[[int], Case]] = {
    "unscaled-inputs": lambda seed: unscaled(seed, broken=False),
    "preprocessing-mismatch": lambda seed: differently_prepared(seed, broken=False),
    "augmentation-too-strong": lambda seed: blanked(seed, 0.2),
    "duplicated-augmentation": lambda seed: blanked(seed, 0.2),
    "data-not-shuffled": series,
    "nonfinite-inputs": lambda seed: with_gaps(seed, broken=False),
}
