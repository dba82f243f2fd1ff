"""Losses for scenarios whose own loss cannot measure the progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from lossbook.losses.class_loss import is_distribution

TINY = torch.finfo(torch.float32).tiny  # a probability of 0 counts as this one


@dataclass(frozen=True)
class LogLoss:
    """Minus the mean log-probability of the true class, whatever the model's last layer is.

    Rows of numbers >= 0 that sum to 1 are taken as probabilities. All other rows are taken as logits, also
    log-probabilities, since a log-softmax does not change them.

    >>> rows = torch.tensor([[0.25, 0.75]])
    >>> round(float(LogLoss().value(rows, torch.tensor([0]))), 4)  # ln 4
    1.3863
    >>> float(LogLoss().value(rows.log(), torch.tensor([0]))) == float(LogLoss().value(rows, torch.tensor([0])))
    True
    """

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        """``pred`` is (N, K), ``target`` (N,) classes."""
        log_p = pred.clamp(min=TINY).log() if is_distribution(torch, pred) else F.log_softmax(pred, dim=1)
        return F.nll_loss(log_p, target)


@dataclass(frozen=True)
class UnexplainedShare:
    """The mean squared error in units of the targets' variance, whatever unit the targets have: 1 for their mean.

    >>> y = torch.tensor([[1.0], [3.0]])
    >>> float(UnexplainedShare().value(torch.full((2, 1), 2.0), y)), float(UnexplainedShare().value(y, y))
    (1.0, 0.0)
    """

    unit: ClassVar[str] = "of the variance"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        """Both are (N, 1)."""
        return F.mse_loss(pred, target) / target.var(correction=0)
