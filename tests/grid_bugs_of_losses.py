"""Bugs of the grid in the loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from grid_models import Wrapped
from grid_rows import Bug
from grid_tasks import Task, sgd
from torch import Tensor, nn
from torch.nn import functional as F


def _loss(function: Callable[[Any, Any], Tensor], *kinds: str):
    return lambda task: replace(task, loss=function) if task.kind in kinds or task.name in kinds else None


def _flipped(task: Task) -> Task:
    loss = task.loss
    return replace(task, loss=lambda o, y: -loss(o, y))


def _broadcast(task: Task) -> Task | None:
    if task.kind != "numbers" or task.data[-1].ndim != 2:
        return None
    return replace(task, data=(*task.data[:-1], task.data[-1].squeeze(1)))


def _summed(task: Task) -> Task | None:
    if not isinstance(task.loss, nn.MSELoss | nn.CrossEntropyLoss | nn.BCEWithLogitsLoss):
        return None
    rate = 0.02 if isinstance(task.loss, nn.MSELoss) else 0.05
    return replace(task, loss=type(task.loss)(reduction="sum"), optimizer=sgd(rate))


def _root_of_biases(task: Task) -> Task:
    loss, model = task.loss, task.model
    for part in model.modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            nn.init.zeros_(part.bias)

    def penalised(o: Any, y: Any) -> Tensor:
        return loss(o, y) + 1e-4 * sum(param.square().sum().sqrt() for param in model.parameters())

    return replace(task, loss=penalised)


def _log_of_probability(task: Task) -> Task | None:
    """A sharp net, and the logarithm of what its softmax or sigmoid gives."""
    if task.kind == "classes":
        model = Wrapped(task.model, lambda o: (25 * o).softmax(1))
        return replace(task, model=model, loss=lambda o, y: -o.log().gather(1, y[:, None]).mean())
    if task.name in ("binary", "labels"):
        model = Wrapped(task.model, lambda o: (25 * o).sigmoid())
        return replace(task, model=model, loss=lambda o, y: -(y * o.log() + (1 - y) * (1 - o).log()).mean())
    return None


def _probabilities(task: Task) -> Task | None:
    if task.kind != "classes":
        return None
    return replace(task, model=Wrapped(task.model, lambda o: o.softmax(1)), loss=nn.NLLLoss())


def _first_column(o: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(o[:, :1] if o.ndim > 1 else o[:, None], torch.zeros(len(o), dtype=torch.long))


def _vae(weight: float, cut: bool) -> Callable[[Any, Tensor], Tensor]:
    def loss(o: Any, x: Tensor) -> Tensor:
        made, mean, logvar = o
        rest = F.binary_cross_entropy_with_logits(made, x, reduction="sum") / len(x)
        if cut:
            rest = rest.detach()
        return rest - weight * 0.5 * (1 + logvar - mean.square() - logvar.exp()).sum(1).mean()

    return loss


def _four_lost(o: Tensor, y: Tensor) -> Tensor:
    parts = [F.binary_cross_entropy_with_logits(o[:, i], y[:, i]) for i in range(o.shape[1])]
    return parts[0] + sum(part.item() for part in parts[1:])


def _two_terms(task: Task) -> Task | None:
    """The loss, and a penalty on the outputs' size that is a thousand times as large."""
    if task.kind not in ("numbers", "classes", "yes-no") or task.name == "siamese":
        return None
    loss = task.loss
    return replace(task, loss=lambda o, y: loss(o, y) + 1000 * o.square().mean())


def _clipped_loss(task: Task) -> Task | None:
    loss = task.loss
    return replace(task, loss=lambda o, y: loss(o.clamp(-0.05, 0.05), y)) if task.kind == "numbers" else None


def _over_the_batch(o: Tensor, y: Tensor) -> Tensor:
    return F.nll_loss(o.log_softmax(0), y)


_WRONG, _SOFTMAX = ("wrong-loss",), ("softmax-before-cross-entropy",)

LOSSES = {
    "sign turned": Bug(_flipped, ("loss-sign-flipped",)),
    "broadcast": Bug(_broadcast, ("broadcast-loss",)),
    "summed": Bug(_summed, ("sum-reduction",)),
    "root of zero": Bug(_root_of_biases, ("undefined-operation",)),
    "log of a probability": Bug(_log_of_probability, ("log-of-zero", "undefined-operation")),
    "probabilities into NLL": Bug(_probabilities, ("probabilities-into-nll",)),
    "logits into NLL": Bug(_loss(nn.NLLLoss(), "classes"), ("probabilities-into-nll",)),
    "softmax over the batch": Bug(_loss(_over_the_batch, "classes"), ("batch-mixing", *_WRONG)),
    "absolute error of ids": Bug(_loss(lambda o, y: (o[:, 0] - y.float()).abs().mean(), "classes"), _WRONG),
    "squared error of a sigmoid": Bug(
        _loss(lambda o, y: F.mse_loss((8 * o - 30).sigmoid(), y), "binary", "labels"),
        (*_WRONG, "saturated-activations", "vanishing-gradients", "bad-init-scale"),
    ),
    "cross entropy of one column": Bug(_loss(_first_column, "binary"), (*_WRONG, "degenerate-targets", *_SOFTMAX)),
    "KL of 300": Bug(_loss(_vae(300, False), "vae"), ("loss-terms-unbalanced", "representation-collapse")),
    "reconstruction cut off": Bug(_loss(_vae(1, True), "vae"), ("loss-term-lost",)),
    "four terms lost": Bug(_loss(_four_lost, "labels"), ("loss-term-lost",)),
    "penalty of a thousand": Bug(_two_terms, ("loss-terms-unbalanced",)),
    "only pulled together": Bug(_loss(lambda o, y: o.square().mean(), "siamese"), ("representation-collapse", *_WRONG)),
    "outputs clamped": Bug(_clipped_loss, ("output-activation-mismatch", *_WRONG)),
}
