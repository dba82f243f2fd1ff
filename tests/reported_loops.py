"""Trainings of a small net with one fault, or none, watched by whoever opens the watch; for tests of reports."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lossbook
from lossbook.diagnosis import Watching

CLASSES, WIDTH, SIZE = 4, 12, 32


def examples(n: int = 960, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """Clouds around as many centres as there are classes."""
    generator = torch.Generator().manual_seed(5)
    centres = 2 * torch.randn(CLASSES, WIDTH, generator=generator)
    y = torch.randint(CLASSES, (n,), generator=generator)
    return scale * (centres[y] + torch.randn(n, WIDTH, generator=generator)), y


def net(width: int = WIDTH, out: int = CLASSES) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Linear(width, 24), nn.ReLU(), nn.Linear(24, out))


@dataclass(frozen=True)
class Loop:
    """The usual lines, of which one may be left out or changed."""

    steps: int = 60
    lr: float = 0.1
    scale: float = 1.0  #: of the inputs
    zero_grad: bool = True
    shrinks: float = 1.0  #: what each gradient is multiplied with before the step
    raises: BaseException | None = None  #: in mid-run
    model: Callable[[], nn.Module] = net

    def run(self, **options: Any) -> Watching:
        """The watch, closed."""
        model, (x, y) = self.model(), examples(scale=self.scale)
        optimizer = torch.optim.SGD(model.parameters(), lr=self.lr, momentum=0.5)
        watching: Watching = lossbook.watch(model, optimizer, **options)
        with contextlib.suppress(type(self.raises) if self.raises is not None else ()), watching:
            for step in range(self.steps):
                part = slice(step % 30 * SIZE, (step % 30 + 1) * SIZE)
                if self.zero_grad:
                    optimizer.zero_grad()
                loss = F.cross_entropy(model(x[part]), y[part])
                loss.backward()
                for param in model.parameters():
                    param.grad.mul_(self.shrinks)  # type: ignore[union-attr]
                if self.raises is not None and step == self.steps // 2:
                    raise self.raises
                optimizer.step()
                watching.step(loss)
        return watching
