"""Batch norms that get so few numbers of a channel that little is left of them, and the model without them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from lossbook.evidence import Case
from lossbook.evidence.replay import quiet
from lossbook.probes.base import Mend

STEPS = 120  # of each training: the losses of two examples are noisy


def fewest(case: Case) -> int | None:
    """From how many numbers a batch norm of the model takes the mean of a channel, at the least; None without one.

    Of two numbers, only which one is larger is left: they become 1 and -1.
    """
    model, counts = case.start.copy(shared=[]).model, list[int]()

    def count(module: nn.Module, inputs: Any) -> None:
        if module.training and inputs[0].ndim > 1:
            counts.append(inputs[0].numel() // inputs[0].shape[1])

    for module in _norms(model):
        module.register_forward_pre_hook(count)
    if not _norms(model):
        return None
    with torch.no_grad(), quiet(model):
        case.batches[0].output(model.train())
    return min(counts, default=None)


def by_itself(case: Case) -> Mend:
    """Each example is normalised by itself, over its channels, in the place of each batch norm."""
    start = case.start.copy(shared=[])
    for module in _norms(start.model):
        module.forward = _Alone(module)  # type: ignore[assignment]
    change = "each example was normalised by itself, instead of over the batch"
    return Mend(change, replace(case, start=start), steps=STEPS)


class _Alone:
    """What a batch norm does with gain and bias, after a norm of each example."""

    def __init__(self, norm: _BatchNorm) -> None:
        self.norm = norm

    def __call__(self, x: Tensor) -> Tensor:
        alone, shape = F.layer_norm(x, x.shape[1:], eps=self.norm.eps), (1, -1, *(1,) * (x.ndim - 2))
        gain, bias = self.norm.weight, self.norm.bias
        return alone if gain is None else alone * gain.view(shape) + bias.view(shape)


def _norms(model: nn.Module) -> list[_BatchNorm]:
    return [module for module in model.modules() if isinstance(module, _BatchNorm)]
