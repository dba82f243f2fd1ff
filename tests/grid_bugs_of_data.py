"""Bugs of the grid in the data: inputs, targets, and how they are drawn."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from grid_rows import Bug, in_loop, inputs
from grid_tasks import Task
from torch import Tensor


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def _targets(task: Task, y: Tensor) -> Task:
    return replace(task, data=(*task.data[:-1], y), clean=task.data[-1])


def _scaled_targets(task: Task) -> Task | None:
    return _targets(task, task.data[-1] * 1000 + 3000) if task.kind == "numbers" else None


def _permuted(task: Task) -> Task | None:
    y = task.data[-1]
    return None if task.kind == "pairs" else _targets(task, y[torch.randperm(len(y), generator=_generator())])


def _shifted(task: Task) -> Task | None:
    return None if task.kind == "pairs" else _targets(task, task.data[-1].roll(1, 0))


def _noisy(task: Task) -> Task | None:
    """Of the training rows, 40 % get another row's label."""
    y = task.data[-1]
    if task.kind not in ("classes", "yes-no") or y.ndim > 2:
        return None
    g, new = _generator(), y.clone()
    cut = len(y) * 7 // 8
    bad = torch.nonzero(torch.rand(cut, generator=g) < 0.4).flatten()
    new[bad] = torch.randint(0, 10, new[bad].shape, generator=g) if task.name in ("cnn", "mlpsgd") else new[bad.roll(1)]
    return replace(_targets(task, new), steps=2 * task.steps)


def _constant(task: Task) -> Task | None:
    y = task.data[-1]
    return None if task.kind in ("pairs", "picture") else _targets(task, y[:1].expand_as(y).clone())


def _imbalanced(task: Task) -> Task | None:
    """One class, all rows but 3 % of the others."""
    y = task.data[-1]
    if task.name not in ("binary", "siamese", "words", "gru"):
        return None
    keep = (y.flatten() == y.max()) | (torch.rand(len(y), generator=_generator()) < 0.03)
    cut = len(y) * 7 // 8  # held-out rows stay as they are
    rows = torch.nonzero(keep[:cut]).flatten()
    rows = torch.cat([rows, torch.arange(len(y))[-max(len(rows) // 7, 1) :]])
    return replace(task, data=tuple(d[rows] for d in task.data))


def _sorted(task: Task) -> Task | None:
    y = task.data[-1]
    if y.numel() != len(y) or task.kind == "pairs":
        return None
    cut = len(y) * 7 // 8
    order = torch.cat([y[:cut].flatten().argsort(), torch.arange(cut, len(y))])
    return replace(task, data=tuple(d[order] for d in task.data), shuffle=False)


def _with_nan(task: Task) -> Task | None:
    if not task.floats:
        return None
    x = task.data[0].clone()
    x[17].view(-1)[3] = math.nan
    return replace(task, data=(x, task.data[1]))


def _leaky(task: Task) -> Task | None:
    """The target stands in the first column, and is not there when the net is used."""
    x, y = task.data[0], task.data[-1]
    if not task.floats or x.ndim != 2 or task.kind not in ("numbers", "yes-no", "classes"):
        return None
    first = y.reshape(len(y), -1)[:, 0].float()
    leak = torch.cat([2 * (first - first.mean())[:, None], x[:, 1:]], 1)
    held = lambda x: torch.cat([0 * x[:, :1], x[:, 1:]], 1)  # noqa: E731
    return replace(task, data=(leak, y), held=held, steps=2 * task.steps) if y.numel() == len(y) else None


def _divided_again(task: Task) -> Task | None:
    return replace(task, held=lambda x: x / 255) if task.floats and task.kind != "picture" else None


def _noise(task: Task) -> Task | None:
    return replace(task, draw=lambda x: x + 6 * torch.randn_like(x)) if task.floats else None


def _few(task: Task) -> Task | None:
    """Forty rows, again and again."""
    if task.kind not in ("classes", "yes-no", "numbers"):
        return None
    cut = len(task.data[-1]) * 7 // 8
    rows = torch.cat([torch.arange(cut) % 40, torch.arange(cut, len(task.data[-1]))])
    return replace(task, data=tuple(d[rows] for d in task.data), steps=2 * task.steps)


def _two_rows(task: Task) -> Task | None:
    """Batch norm over two rows; as many rows in all as with eight."""
    return replace(task, batch=2, steps=4 * task.steps) if task.name == "cnn" else None


_MISALIGNED = ("labels-misaligned", "noisy-labels")

DATA = {
    "inputs times 500": Bug(inputs(lambda x: x * 500), ("unscaled-inputs",)),
    "inputs plus 100": Bug(inputs(lambda x: x + 100), ("unscaled-inputs",)),
    "targets times 1000": Bug(_scaled_targets, ("unscaled-targets",)),
    "targets permuted": Bug(_permuted, _MISALIGNED),
    "targets one row late": Bug(_shifted, _MISALIGNED),
    "labels wrong": Bug(_noisy, ("noisy-labels",)),
    "targets constant": Bug(_constant, ("degenerate-targets",)),
    "classes imbalanced": Bug(_imbalanced, ("class-imbalance",)),
    "sorted": Bug(_sorted, ("data-not-shuffled",)),
    "one NaN": Bug(_with_nan, ("nonfinite-inputs",)),
    "target in a column": Bug(_leaky, ("target-leak",)),
    "held-out inputs over 255": Bug(_divided_again, ("preprocessing-mismatch",)),
    "noise on inputs": Bug(_noise, ("augmentation-too-strong", "preprocessing-mismatch")),
    "forty rows": Bug(_few, ("overfitting", "same-batch-repeated")),
    "one batch": Bug(in_loop("one batch"), ("same-batch-repeated",)),
    "batch of 2": Bug(_two_rows, ("batch-too-small",)),
}
