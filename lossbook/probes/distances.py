"""Outputs that are distances: a loss of pairs makes them small where the target is the one of two, large where not."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import output_of
from lossbook.probes.made_up import value_of
from lossbook.probes.output_range import Reach, reach

ASKED = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)  # times the size of the model's own outputs
LOOKS = 4  # batches


def near_for_the_larger(case: Case, output: Tensor, y: Tensor) -> bool:
    """Whether outputs are distances, and the loss wants them near where the target is the larger of two numbers.

    No output is below 0, and each may be as large as one likes, unlike probabilities. The loss is not below 0 either,
    as one that was turned round is; with the distance it rises without end where the target is the larger number, and
    falls where it is the other one.
    """
    levels = y.unique()
    if output.numel() != y.numel() or len(levels) != 2 or not _from_zero_on(case):
        return False
    near, far = ([_cost(case, output, y, level, times) for times in ASKED] for level in (levels[1], levels[0]))
    if any(cost is None or not math.isfinite(cost) or cost < 0 for cost in (*near, *far[1:])):
        return False
    return _rises(near) and near[-2] != near[-1] and _rises(far[:0:-1])


def _from_zero_on(case: Case) -> bool:
    if math.isfinite((reach(case.start.model, case.batches[0]) or Reach()).high):
        return False
    models = case.start.model, case.now.model
    outputs = [output_of(model, batch) for model in models for batch in case.batches[:LOOKS]]
    return all(isinstance(each, Tensor) and bool((each >= 0).all()) for each in outputs)


def _cost(case: Case, output: Tensor, y: Tensor, level: Tensor, times: float) -> float | None:
    """The loss of one target, and of outputs that are all as many times as large as the model's."""
    size = float(output.mean()) or 1.0
    return value_of(case.loss, torch.full_like(output, times * size), torch.full_like(y, float(level)))


def _rises(costs: list[float | None]) -> bool:
    numbers = [cost for cost in costs if cost is not None]
    return all(a <= b for a, b in pairwise(numbers)) and numbers[0] < numbers[-1]
