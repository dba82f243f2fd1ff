"""Gradients that outlive their step, and gradients that no step used, told by who has written into them since."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from lossbook.evidence.looks import Mark, mark

Grads = Sequence[Tensor | None]  # of each parameter, in their order


class Leftovers:
    """The gradients of some parameters as they stood last, without holding or reading them."""

    def __init__(self) -> None:
        self.marks: list[Mark | None] = []  #: of each parameter's gradient; empty: nothing is known
        self._used = True  # a step came since the last backward pass
        self.counts = dict.fromkeys(("leftover", "leftover_checked", "unused"), 0)

    def backward_begins(self, grads: Grads, *, in_step: bool) -> None:
        """Count what is left from before the last step; or else what was thrown away without one."""
        if not self.marks:
            return
        is_left = any(self.same(grads))
        if self._used:
            self.counts["leftover_checked"] += 1
            self.counts["leftover"] += is_left
        elif not in_step and not is_left:
            self.counts["unused"] += 1

    def note(self, grads: Grads, *, used: bool) -> None:
        """After a backward pass, or, ``used``, after a step."""
        if not used or self.marks:
            self.marks, self._used = [mark(grad) for grad in grads], used

    def same(self, grads: Grads) -> list[bool]:
        """For each gradient that was there: it is there still, and nobody has written into it."""
        return [old == mark(grad) for old, grad in zip(self.marks, grads, strict=False) if old is not None]

    def are_gone(self, grads: Grads) -> bool:
        """There were gradients since the last step, and there are none now."""
        now = [grad is None for old, grad in zip(self.marks, grads, strict=False) if old is not None]
        return not self._used and bool(now) and all(now)

    @property
    def are_fresh(self) -> bool:
        """A backward pass came after the last step."""
        return bool(self.marks) and not self._used
