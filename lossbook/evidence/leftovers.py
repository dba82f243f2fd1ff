"""Gradients that outlive their step, and gradients that no step used, told by who has written into them since."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from lossbook.evidence.looks import Mark, mark


class Leftovers:
    """The gradients of some parameters as they stood last, without holding or reading them."""

    def __init__(self) -> None:
        self.marks: list[Mark | None] = []  #: in the order of the parameters; empty: nothing is known
        self._used = True  # a step came since the last backward pass
        self.counts = dict.fromkeys(("leftover", "leftover_checked", "unused"), 0)

    def backward_begins(self, params: Iterable[Tensor], *, in_step: bool) -> None:
        """Count what is left from before the last step; or else what was thrown away without one."""
        if not self.marks:
            return
        is_left = any(self.same(params))
        if self._used:
            self.counts["leftover_checked"] += 1
            self.counts["leftover"] += is_left
        elif not in_step and not is_left:
            self.counts["unused"] += 1

    def note(self, params: Iterable[Tensor], *, used: bool) -> None:
        """After a backward pass, or, ``used``, after a step."""
        if not used or self.marks:
            self.marks, self._used = [mark(param.grad) for param in params], used

    def same(self, params: Iterable[Tensor]) -> list[bool]:
        """For each gradient that was there: it is there still, and nobody has written into it."""
        return [old == mark(param.grad) for old, param in zip(self.marks, params, strict=False) if old is not None]

    def are_gone(self, params: Iterable[Tensor]) -> bool:
        """There were gradients since the last step, and there are none now."""
        now = [param.grad is None for old, param in zip(self.marks, params, strict=False) if old is not None]
        return not self._used and bool(now) and all(now)

    @property
    def are_fresh(self) -> bool:
        """A backward pass came after the last step."""
        return bool(self.marks) and not self._used
