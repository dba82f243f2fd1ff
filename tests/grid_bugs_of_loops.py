"""Bugs of the grid in the optimiser, its schedule and the loop."""

from __future__ import annotations

from dataclasses import replace

from grid_rows import Bug, change, exchanged, in_loop, settings
from grid_tasks import Task, sgd
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR, StepLR


def _rate(factor: float):
    return settings(lr=lambda lr: lr * factor)


def _slow_warmup(task: Task) -> Task:
    return replace(task, schedule=lambda opt: LambdaLR(opt, lambda step: (step + 1) / 40000))


def _halved_each_ten(optimizer: Optimizer) -> StepLR:
    return StepLR(optimizer, 10, 0.5)


def _clipped(task: Task) -> Task | None:
    """A norm of at most 1e-4, with SGD; Adam does not feel it."""
    if task.name not in ("regress", "binary", "labels", "cnn", "mlpsgd", "seg", "gcn"):
        return None
    return replace(task, clip=1e-4, optimizer=sgd(0.05))


def _judged_in_train_mode(task: Task) -> Task | None:
    model = exchanged(task.model, nn.Identity, lambda old: nn.Dropout(0.5), last=True)
    return None if model is None else replace(task, model=model, loop=frozenset({"train"}))


def _eval_mode(task: Task) -> Task | None:
    return replace(task, loop=frozenset({"eval"})) if task.name == "cnn" else None


LOOPS = {
    "rate times 300": Bug(_rate(300), ("lr-too-high",)),
    "rate over 3000": Bug(_rate(1 / 3000), ("lr-too-low",)),
    "decay of 1": Bug(settings(weight_decay=1.0), ("weight-decay-too-strong",)),
    "rate times 0.9 a step": Bug(change(schedule=lambda opt: ExponentialLR(opt, 0.9)), ("schedule-decays-too-early",)),
    "halved each ten steps": Bug(change(schedule=_halved_each_ten), ("schedule-decays-too-early",)),
    "warmup without end": Bug(_slow_warmup, ("lr-too-low",)),
    "momentum of 0.999": Bug(settings(momentum=0.999), ("momentum-too-high",)),
    "eps of 1": Bug(settings(eps=1.0), ("adam-eps",)),
    "betas exchanged": Bug(settings(betas=(0.999, 0.9)), ("adam-betas",)),
    "clipped at 1e-4": Bug(_clipped, ("lr-too-low",)),
    "never zeroed": Bug(in_loop("never zero"), ("missing-zero-grad",)),
    "zeroed after backward": Bug(in_loop("early zero"), ("gradients-cleared-early",)),
    "optimiser made in the loop": Bug(in_loop("new optimizer"), ("state-reset",)),
    "loss.item()": Bug(in_loop("item"), ("graph-detached",)),
    "total never reset": Bug(in_loop("never reset"), ("loss-misreported",), always=True),
    "judged in train mode": Bug(_judged_in_train_mode, ("train-eval-mode",), always=True),
    "trained in eval mode": Bug(_eval_mode, ("train-eval-mode",), always=True),
}
