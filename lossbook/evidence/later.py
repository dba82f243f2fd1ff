"""What the targets were of batches that were not kept: whether those that were stand for all."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from lossbook.evidence.numbers import Numbers

OFTEN = 4  #: one in so many batches is looked at
MOST = 1 << 16  #: numbers of a target that is looked at


class Later:
    """The mean target of one in some batches, beside the step."""

    def __init__(self) -> None:
        self.means = Numbers()

    def note(self, window: Any, step: int) -> None:
        """Of a forward pass that a backward pass followed."""
        if window.drawn % OFTEN:
            return
        target = window.called.target if window.called is not None else None
        if target is None and len(window.foreign) == 1:
            target = window.foreign[0]
        if isinstance(target, Tensor) and 0 < target.numel() <= MOST:
            self.means.add(step, target.detach().double().mean())
