"""Attention as it is computed in training: in eval mode torch may take a faster way, which reads masks otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import torch

from lossbook.evidence import Case

Answer = TypeVar("Answer")


def as_it_trains(decide: Callable[[Case], Answer]) -> Callable[[Case], Answer]:
    """The test, with transformer layers that do in eval mode what they do in training, but for dropout.

    A float mask of 0 and 1 is added in training, and hides next to nothing; the faster way takes it for one of bools.
    """

    @wraps(decide)
    def decided(case: Case) -> Answer:
        enabled = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            return decide(case)
        finally:
            torch.backends.mha.set_fastpath_enabled(enabled)

    return decided
