"""Mends of targets: the same training on targets as they should be, told in their own unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case, Snapshot
from lossbook.evidence.structure import mapped
from lossbook.probes.base import Mend
from lossbook.probes.examples import joined

CONSTANT = 1e-3  # of the deviation of all targets: a column that varies less is left as wide as it is


class Rescaled(nn.Module):
    """A model whose outputs, in whatever structure, are standardised targets; brought to the targets' own unit."""

    def __init__(self, model: nn.Module, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.model, self.mean, self.std = model, mean, std

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return _floats(lambda each: each * self.std + self.mean, self.model(*args, **kwargs))


def _floats(change: Callable[[Tensor], Tensor], output: Any) -> Any:
    return mapped(lambda each: change(each) if each.is_floating_point() else each, output)


def moments(case: Case) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the targets: of each column of a table, else of all as one."""
    y = joined(case.batches).target
    columns = y.ndim == 2 and y.shape[1] > 1
    axes = (0,) if columns else tuple(range(y.ndim))
    mean, std = y.mean(dim=axes), y.std(dim=axes)
    return mean, torch.where(std > CONSTANT * y.std(), std, torch.ones_like(std))


def targets_standardised(case: Case) -> Mend:
    """Targets of mean 0 and standard deviation 1 for the loss; the model's outputs are scaled back to the old ones.

    The loss is measured on the scale of the standardised targets, whichever of the two models it is.
    """
    assert case.loss is not None
    own, (mean, std), start = case.loss, moments(case), case.start.copy(shared=[])

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        return own(_floats(lambda each: (each - mean) / std, batch.output(model)), (batch.target - mean) / std)

    start = Snapshot(Rescaled(start.model, mean, std), start.optimizers)
    return Mend("the targets were standardised", replace(case, start=start, loss_of=loss_of))
