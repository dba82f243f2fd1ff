"""For tests of what a model gives out: its outputs on the first batch, and their targets."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import output_of
from lossbook.probes.base import Reading


def of_outputs(decide: Callable[[Case, Tensor, Tensor], Reading]) -> Callable[[Case], Reading]:
    """A test that gets the fresh model's outputs on the first batch, and their targets."""

    @wraps(decide)
    def decide_case(case: Case) -> Reading:
        output = output_of(case.start.model, case.batches[0])
        if not isinstance(output, Tensor) or not output.is_floating_point():
            return Reading("does not apply", "the output is not one tensor of measurements")
        if not torch.isfinite(output).all():
            return Reading("cannot tell", "the fresh model's outputs are not finite")
        return decide(case, output, case.batches[0].target)

    return decide_case
