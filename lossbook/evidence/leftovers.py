"""Gradients that outlive their step, and gradients that no step used, told by who has written into them since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import Tensor

from lossbook.evidence.looks import Mark, length, mark, present

Grads = Sequence[Tensor | None]  # of each parameter, in their order


class Leftovers:
    """The gradients of some parameters as they stood last, without holding them."""

    def __init__(self) -> None:
        self.unused = 0  #: backward passes whose gradients no step used
        self._checked: dict[tuple[int, ...], list[bool]] = {}  # of each optimiser's parameters: a step met old ones
        self.forget()

    def forget(self) -> None:
        """Nothing is known: the parameters are others."""
        self.marks: list[Mark | None] = []  #: of each parameter's gradient
        self._used: list[bool] = []  # a step of its own optimiser came since it was written
        self._left: list[bool] = []  # a backward pass added to what such a step had used
        self._stepped: set[int] = set()
        self._begun: list[Mark | None] = []  # as the last backward pass met them

    def backward_begins(self, grads: Grads, *, in_step: bool) -> None:
        """See what is left from before the last step; or else count what was thrown away without one."""
        self._begun = [mark(grad) for grad in grads]
        if not self.marks:
            return
        same = [old is not None and old == now for old, now in zip(self.marks, self._begun, strict=False)]
        if any([used and here for used, here in zip(self._used, same, strict=True)]):
            stale = [grad for grad, used, here in zip(grads, self._used, same, strict=True) if used and here]
            if isinstance(size := length(present(stale)), float) and size == 0:  # p.grad.data.zero_() leaves no mark
                same = [here and not used for here, used in zip(same, self._used, strict=True)]
        states = zip(same, self._used, self._left, strict=True)
        self._left = [here and (used or left) for here, used, left in states]
        fresh = [i for i, used in enumerate(self._used) if not used and self.marks[i] is not None]
        if fresh and not in_step and not any([same[i] for i in fresh]):
            self.unused += 1

    def note_backward(self, grads: Grads) -> bool:
        """After a backward pass: what it wrote is fresh. Say whether it wrote anything."""
        marks = [mark(grad) for grad in grads]
        wrote = marks != self._begun or any([grad is not None and grad.is_sparse for grad in grads])
        if len(self.marks) != len(marks):
            self.marks, self._used, self._left = [None] * len(marks), [True] * len(marks), [False] * len(marks)
        self._used = [used and old == new for used, old, new in zip(self._used, self.marks, marks, strict=True)]
        self.marks = marks
        return wrote

    def note_step(self, grads: Grads, own: Iterable[int]) -> None:
        """After a step with the gradients of the parameters ``own``."""
        if not self.marks:
            return
        all_own, own = tuple(own), [i for i in own if self.marks[i] is not None]
        if own and self._stepped.issuperset(own):
            self._checked.setdefault(all_own, []).append(any([self._left[i] for i in own]))
        self._stepped.update(own)
        for i in own:
            self.marks[i], self._used[i], self._left[i] = mark(grads[i]), True, False

    @property
    def share(self) -> float | None:
        """The share of the steps that met gradients of the one before, of the optimiser with most of these."""
        often = sum(map(len, self._checked.values())) / 10
        shares = [sum(each) / len(each) for each in self._checked.values() if len(each) >= often]
        return max(shares, default=None)

    def same(self, grads: Grads) -> list[bool]:
        """Whether each gradient is there still, and nobody has written into it."""
        return [old is not None and old == mark(grad) for old, grad in zip(self.marks, grads, strict=False)]

    def all_same(self, grads: Grads) -> bool:
        """None of the gradients that were there was written since."""
        return all([old == mark(grad) for old, grad in zip(self.marks, grads, strict=False) if old is not None])

    def are_gone(self, grads: Grads, own: Iterable[int]) -> bool:
        """There were gradients since the last step with the parameters ``own``, and there are none now."""
        now = [grads[i] is None for i in self._fresh(own)]
        return bool(now) and all(now)

    def are_fresh(self, own: Iterable[int]) -> bool:
        """A backward pass came after the last step with the parameters ``own``."""
        return bool(self._fresh(own))

    def _fresh(self, own: Iterable[int]) -> list[int]:
        return [i for i in own if i < len(self.marks) and self.marks[i] is not None and not self._used[i]]
