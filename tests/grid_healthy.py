"""Healthy rows of the grid: the task as it is, or with a change that people make, and that does no harm."""

from __future__ import annotations

from dataclasses import replace

import torch
from grid_rows import Bug, change, exchanged, model_of, settings
from grid_tasks import Task
from torch import nn


def _smoothed(task: Task) -> Task | None:
    return replace(task, loss=nn.CrossEntropyLoss(label_smoothing=0.1)) if task.kind == "classes" else None


def _warmup(optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 20))


def _cosine(task: Task) -> Task:
    return replace(task, schedule=lambda opt: torch.optim.lr_scheduler.CosineAnnealingLR(opt, task.steps))


HEALTHY = {
    "none": Bug(lambda task: task),
    "label smoothing": Bug(_smoothed),
    "decay of 0.001": Bug(settings(weight_decay=1e-3)),
    "dropout of 0.3": Bug(model_of(lambda m: exchanged(m, nn.Identity, lambda old: nn.Dropout(0.3), last=True))),
    "warmup of 20": Bug(change(schedule=_warmup)),
    "cosine": Bug(_cosine),
    "clipped at 1": Bug(change(clip=1.0)),
    "batch of 128": Bug(change(batch=128)),
    "a third of the rate": Bug(lambda task: settings(lr=lambda lr: lr / 3)(replace(task, steps=2 * task.steps))),
}
