"""Programs of other kinds whose optimiser, batch or precision is not right, and the same ones as they should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from foreign import seeded, watched
from foreign_data import split
from foreign_step_size import STEPS, Counter, plain
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case


def table(seed: int, make: Callable[[Any], Any]) -> Case:
    """A regression on a table."""
    with seeded(seed):
        x = torch.randn(1280, 12)
        y = x[:, :3].sum(1, keepdim=True) + x[:, 3:4] * x[:, 4:5]
        model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1))
        return watched(model, make(model.parameters()), F.mse_loss, split(x, y), plain)


def wide_table(seed: int, size: int) -> Case:
    """A linear regression on many columns, whose single rows pull in many directions."""
    with seeded(seed):
        x = torch.randn(1280, 40)
        y = x[:, :3].sum(1, keepdim=True) + 0.1 * torch.randn(1280, 1)
        batches = [Batch.of(*pair) for pair in zip(x[:960].split(size), y[:960].split(size), strict=True)]
        model = nn.Linear(40, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.06)
        return watched(model, optimizer, F.mse_loss, batches, plain, Batch.of(x[960:], y[960:]))


def tokens(seed: int, make: Callable[[Any], Any]) -> Case:
    """A recurrent net on tokens."""
    with seeded(seed):
        x = torch.randint(8, (960, 9))
        model = Counter()
        y = F.one_hot(x, 8).sum(1).argmax(1)
        return watched(model, make(model.parameters()), nn.CrossEntropyLoss(), split(x, y), plain)


def compressed(seed: int, scale: float) -> Case:
    """Gradients that are sent as float16 from one machine to another, of targets that are small."""
    with seeded(seed):
        x = torch.randn(960, 1, 16)
        model = nn.Sequential(nn.Conv1d(1, 8, 5), nn.ReLU(), nn.Flatten(), nn.Linear(96, 1))
        nn.init.zeros_(model[3].weight)
        nn.init.zeros_(model[3].bias)

        def loop(model: nn.Module, optimizer: Any, loss: Callable[..., Tensor], batches: Sequence[Batch]) -> None:
            for step in range(STEPS):
                batch = batches[step % len(batches)]
                optimizer.zero_grad()
                loss(model(*batch.inputs), batch.target).backward()
                for param in model.parameters():
                    param.grad = (param.grad * scale).half().float() / scale
                optimizer.step()

        y = 1e-8 * x.mean((1, 2)).unsqueeze(1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
        return watched(model, optimizer, F.mse_loss, split(x, y), loop)


#: the cause -> a program that has it, for a seed
FOREIGN: dict[str, Callable[[int], Case]] = {
    "momentum-too-high": lambda seed: table(seed, lambda params: torch.optim.SGD(params, lr=0.05, momentum=0.99)),
    "adam-eps": lambda seed: tokens(seed, lambda params: torch.optim.AdamW(params, lr=0.01, eps=1.0)),
    "adam-betas": lambda seed: table(seed, lambda params: torch.optim.Adam(params, lr=0.02, betas=(0.9, 0.001))),
    "batch-too-small": lambda seed: wide_table(seed, 1),
    "low-precision": lambda seed: compressed(seed, 1.0),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "momentum-too-high": lambda seed: table(seed, lambda params: torch.optim.SGD(params, lr=0.05, momentum=0.5)),
    "adam-eps": lambda seed: tokens(seed, lambda params: torch.optim.AdamW(params, lr=0.01)),
    "adam-betas": lambda seed: table(seed, lambda params: torch.optim.Adam(params, lr=0.02)),
    "batch-too-small": lambda seed: wide_table(seed, 32),
    "low-precision": lambda seed: compressed(seed, 2.0**20),
}
