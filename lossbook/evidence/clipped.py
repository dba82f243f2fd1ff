"""What a loop does to its gradients before each step, told by their norms after the backward pass and at the step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from lossbook.evidence.case import Series
from lossbook.optim import ClipByGlobalNorm

SMALLER = 0.995  # of the norm after the backward pass, below which the step's was clipped
SAME = 0.002  # of a norm; torch divides by one to which it adds a millionth
LEAST = 3  # steps at which the norm was another


@dataclass(frozen=True)
class Multiplied:
    """Every gradient is multiplied by one number, as where a loop scales its loss and takes the scale back."""

    factor: float

    def apply(self, grads: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: grad * self.factor for name, grad in grads.items()}


def done_to_gradients(after_backward: Series, at_step: Series) -> Any:
    """The clipping after which every norm that was larger is one and the same, or the number that multiplies all.

    None if the norms tell of neither.

    >>> done_to_gradients(Series((0, 1, 2, 3), (8.0, 0.5, 4.0, 2.0)), Series((0, 1, 2, 3), (1.0, 0.5, 1.0, 1.0)))
    ClipByGlobalNorm(max_norm=1.0)
    >>> done_to_gradients(Series((0, 1, 2), (8.0, 4.0, 2.0)), Series((0, 1, 2), (4.0, 2.0, 1.0)))
    Multiplied(factor=0.5)
    """
    before = dict(zip(after_backward.steps, after_backward.values, strict=True))  # of several passes the last one
    pairs = [(before[step], norm) for step, norm in zip(at_step.steps, at_step.values, strict=True) if step in before]
    pairs = [pair for pair in pairs if all(map(math.isfinite, pair)) and pair[0] > 0]
    clipped = [norm for whole, norm in pairs if norm < SMALLER * whole]
    if len(clipped) < LEAST:
        return None
    ratios = [norm / whole for whole, norm in pairs]
    if len(clipped) == len(pairs) and 0 < max(ratios) * (1 - SAME) <= min(ratios):
        return Multiplied(ratios[0])
    most = max(clipped)
    was_larger = any(whole > (1 + SAME) * most and norm >= SMALLER * whole for whole, norm in pairs)
    return None if was_larger or min(clipped) < (1 - SAME) * most or not most > 0 else ClipByGlobalNorm(most)
