"""Tokens whose first axis is the time, as a recurrent layer of torch wants them: examples stand on the second one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case
from lossbook.evidence.structure import tensors
from lossbook.probes.dependence import change_of_ends


def tokens_moved_by_others(model: nn.Module, case: Case, batch: Batch, output: Tensor) -> float:
    """How far other examples move an output, see ``change_of_ends``; 0 where what is moved is a later time."""
    return 0.0 if _time_comes_first(case, output) else change_of_ends(model, batch, output)


def _time_comes_first(case: Case, output: Tensor) -> bool:
    """Whether the tokens were turned on purpose: an output for each place, and one sign that its first axis is time.

    The signs: the batch is a table that was transposed; the target of a place is the token behind it on the first axis;
    or batches differ in length on the second axis alone. A table as it was read has none of them, so that a recurrent
    layer that takes its examples for times is seen.
    """
    every = [tensors((batch.inputs, batch.kwargs)) for batch in case.batches]
    x = every[0][0]
    if x.ndim != 2 or output.shape[:2] != x.shape:
        return False
    lengths = [{each[0].shape[axis] for each in every} for axis in (0, 1)]
    turned = min(x.shape) > 1 and x.stride(0) < x.stride(1)
    return turned or _foretold(x, case.batches[0].target) or (len(lengths[1]) > 1 and len(lengths[0]) == 1)


def _foretold(x: Tensor, target: object) -> bool:
    """Whether the targets are the next tokens on the first axis, and not on the second one."""
    if not isinstance(target, Tensor) or target.numel() != x.numel() or min(x.shape) < 2:
        return False
    y = target.reshape(x.shape).to(x)
    return torch.equal(x[1:], y[:-1]) and not torch.equal(x[:, 1:], y[:, :-1])
