"""Programs of other kinds whose loop has a fault, and the same ones with a loop that is right."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from foreign import seeded, watched
from foreign_data import split
from foreign_step_size import STEPS, Counter, plain
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case, watch

Loop = Callable[[nn.Module, Any, Callable[..., Tensor], Sequence[Batch]], None]


def adds_up(model: nn.Module, optimizer: Any, loss: Callable[..., Tensor], batches: Sequence[Batch]) -> None:
    """Nobody calls zero_grad."""
    for step in range(STEPS):
        batch = batches[step % len(batches)]
        loss(model(*batch.inputs), batch.target).backward()
        optimizer.step()


def stays_in_eval_mode(model: nn.Module, optimizer: Any, loss: Callable[..., Tensor], batches: Sequence[Batch]) -> None:
    """Judged after each epoch, in eval mode, which nobody ends."""
    for step in range(STEPS):
        batch = batches[step % len(batches)]
        optimizer.zero_grad()
        loss(model.eval()(*batch.inputs), batch.target).backward()
        optimizer.step()


def clears_at_once(model: nn.Module, optimizer: Any, loss: Callable[..., Tensor], batches: Sequence[Batch]) -> None:
    """Cleared between backward and step; momentum has nothing to go on by."""
    for step in range(STEPS):
        batch = batches[step % len(batches)]
        loss(model(*batch.inputs), batch.target).backward()
        model.zero_grad(set_to_none=False)
        optimizer.step()


def clears_after_the_step(
    model: nn.Module, optimizer: Any, loss: Callable[..., Tensor], batches: Sequence[Batch]
) -> None:
    """Two batches are one step, after which the gradients are cleared."""
    for step in range(STEPS):
        batch = batches[step % len(batches)]
        (loss(model(*batch.inputs), batch.target) / 2).backward()
        if step % 2:
            optimizer.step()
            optimizer.zero_grad()


def makes_it_anew(model: nn.Module, optimizer: Any, loss: Callable[..., Tensor], batches: Sequence[Batch]) -> None:
    """The optimiser is made in the loop."""
    for step in range(STEPS):
        optimizer = type(optimizer)(model.parameters(), **{"lr": optimizer.defaults["lr"], "momentum": 0.9})
        batch = batches[step % len(batches)]
        optimizer.zero_grad()
        loss(model(*batch.inputs), batch.target).backward()
        optimizer.step()


def tokens(seed: int, loop: Loop) -> Case:
    """A recurrent net, by Adam."""
    with seeded(seed):
        x = torch.randint(8, (960, 9))
        y = F.one_hot(x, 8).sum(1).argmax(1)
        model = Counter()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
        return watched(model, optimizer, nn.CrossEntropyLoss(), split(x, y), loop)


def segments(seed: int, of_a_copy: bool) -> Case:
    """A class for each pixel, by a net that was copied before, or after, the optimiser was made."""
    with seeded(seed):
        x = torch.randn(320, 1, 8, 8)
        y = (F.avg_pool2d(x, 3, 1, 1)[:, 0] > 0).long()
        first = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
        model = copy.deepcopy(first) if of_a_copy else first
        optimizer = torch.optim.Adam(first.parameters(), lr=0.02)
        return watched(model, optimizer, nn.CrossEntropyLoss(), split(x, y), plain)


def frozen_on_purpose(seed: int) -> Case:
    """A class for each pixel, from features that are random and stay so: they are many, and the last layer learns."""
    with seeded(seed):
        x = torch.randn(320, 1, 8, 8)
        y = (F.avg_pool2d(x, 3, 1, 1)[:, 0] > 0).long()
        body = nn.Sequential(nn.Conv2d(1, 64, 3, padding=1), nn.ReLU()).requires_grad_(False)
        model = nn.Sequential(body, nn.Conv2d(64, 2, 1))
        optimizer = torch.optim.Adam(model[1].parameters(), lr=0.02)
        return watched(model, optimizer, nn.CrossEntropyLoss(), split(x, y), plain)


def normed(seed: int, loop: Loop) -> Case:
    """Signals of a large scale, which a batch norm brings to size."""
    with seeded(seed):
        x = 50 * torch.randn(960, 1, 16) + 200
        y = (x[:, :, 3] - 200) / 50
        model = nn.Sequential(nn.BatchNorm1d(1), nn.Conv1d(1, 8, 5), nn.ReLU(), nn.Flatten(), nn.Linear(96, 1))
        return watched(model, torch.optim.Adam(model.parameters(), lr=0.01), F.mse_loss, split(x, y), loop)


def valley(seed: int, loop: Loop) -> Case:
    """A long narrow valley, in which momentum counts."""
    with seeded(seed):
        x = torch.randn(960, 12) * torch.logspace(0, -1.2, 12)
        y = x @ torch.linspace(1, 20, 12).unsqueeze(1)
        model = nn.Linear(12, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        return watched(model, optimizer, F.mse_loss, split(x, y), loop)


def told(seed: int, set_back: bool) -> Case:
    """A class for each pixel; every second step, the mean of the losses since then is logged, or their sum so far."""
    with seeded(seed):
        x = torch.randn(320, 1, 8, 8)
        y = (F.avg_pool2d(x, 3, 1, 1)[:, 0] > 0).long()
        model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.SiLU(), nn.Conv2d(8, 2, 1))
        optimizer, batches = torch.optim.AdamW(model.parameters(), lr=0.02), split(x, y)
        running = 0.0
        with watch(model, optimizer, loss_fn=nn.CrossEntropyLoss()) as seen:
            for step in range(STEPS):
                batch = batches[step % len(batches)]
                optimizer.zero_grad()
                loss = F.cross_entropy(model(*batch.inputs), batch.target)
                loss.backward()
                optimizer.step()
                running += loss.item()
                if step % 2:
                    seen.step(running / 2)
                    running = 0.0 if set_back else running
        return seen.case()


#: the cause -> a program that has it, for a seed
FOREIGN: dict[str, Callable[[int], Case]] = {
    "missing-zero-grad": lambda seed: tokens(seed, adds_up),
    "parameters-not-optimized": lambda seed: segments(seed, of_a_copy=True),
    "train-eval-mode": lambda seed: normed(seed, stays_in_eval_mode),
    "state-reset": lambda seed: valley(seed, makes_it_anew),
    "gradients-cleared-early": lambda seed: valley(seed, clears_at_once),
    "loss-misreported": lambda seed: told(seed, set_back=False),
}
#: the same ones as they should be
HEALTHY: dict[str, Callable[[int], Case]] = {
    "missing-zero-grad": lambda seed: tokens(seed, plain),
    "parameters-not-optimized": frozen_on_purpose,
    "train-eval-mode": lambda seed: normed(seed, plain),
    "state-reset": lambda seed: valley(seed, plain),
    "gradients-cleared-early": lambda seed: valley(seed, clears_after_the_step),
    "loss-misreported": lambda seed: told(seed, set_back=True),
}
