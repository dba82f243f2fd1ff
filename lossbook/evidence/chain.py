"""Which calls of the model make one step together, and in which steps it is written down how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from torch import Tensor

from lossbook.evidence.keeper import Keeper
from lossbook.evidence.retelling import hangs_on_earlier
from lossbook.evidence.tape import Tape
from lossbook.evidence.telling import draws_between, is_needed, is_of_single_numbers, uses_weights
from lossbook.evidence.window import Window

TAPES = 2  #: steps whose way from the output to the loss is written down
SHARE = 4  #: the calls of one step may take one of so many parts of the bytes that are left


class Chain:
    """The calls of the model since the last backward pass.

    Args:
        keeper: of batches.
        is_container: whether the model is several nets, whose calls make a step together.
        role_of: of a tensor that is no result of others: "model" and its place, "trained" or "other".
    """

    def __init__(self, keeper: Keeper, is_container: bool, role_of: Callable[[Tensor], tuple[str, int]]) -> None:
        self._keeper, self._role_of, self.is_container = keeper, role_of, is_container
        #: the loss of the first step hangs on several calls of the model
        self.several: bool | None = True if is_container else None
        self.is_scripted = is_container  #: each step is told as a whole
        self._listens = False  # what is done before the first call of each step is of interest
        self._taken = 0  # bytes, by the calls of one step
        self.called = Counter[int | None]()  #: which part of a container -> its calls with gradients; else of None
        self.before: Window | None = None  #: hears what is done before the first call of a step
        self._waits()

    def calls_parts(self) -> None:
        """The loop calls parts of the model, and not the model itself: they are several nets."""
        self.is_container = self.is_scripted = self.several = True

    def goes_on(self) -> None:
        """After a backward pass, and after a step: what comes may be something that must be told again."""
        if not self.is_scripted and not self._listens:
            self.before = None
        elif self.before is None:
            self._waits()

    def _waits(self) -> None:
        if self._keeps:
            self.before = Window((), {}, training=False, drawn=0, steps=0)
            self.before.before, self.before.role_of = None, self._role_of
            self.before.tape = Tape() if self._writes else None

    @property
    def _keeps(self) -> bool:
        return not self._keeper.full and len(self._keeper.records) < self._keeper.keep

    @property
    def _writes(self) -> bool:
        return self._keeps and (self._keeper.used < TAPES or self.is_scripted)

    def begins(self, window: Window, previous: Window | None) -> None:
        """The model was called, with gradients; what is wanted of it is copied."""
        before, self.before = self.before, None
        self.called[window.root] += 1
        window.role_of = self._role_of
        if previous is not None:
            may = self.several is not False and not self._keeper.full
            if may and self._taken <= self._keeper.left // SHARE and window.can_follow(previous):
                if self._keeper.used < TAPES:
                    self._taken += self._keeper.keep_output(previous)
                window.follows(previous)
            else:
                self._keeper.give_back(previous)
        if not window.earlier:
            self._taken = 0
            self._keeper.shared.clear()
            if before is not None and self._keeps:
                window.goes_on(before)
            elif self._writes:
                window.tape = Tape()
        if self._keeps:
            window.copies = self._keeper.copied_for(window, (window.args, window.kwargs))
            self._taken += window.taken
            window.is_noted()

    def settles(self) -> None:
        """The first backward passes say what the others need."""
        first, *others = self._keeper.records
        if self.is_container:
            return
        if not others:
            self.is_scripted, self._listens = is_needed(first), first.tape is not None and first.tape.met_numbers
            self.is_scripted |= draws_between(first)
            self.several = self.is_scripted or hangs_on_earlier(first)
            self.is_scripted |= uses_weights(first) or is_of_single_numbers(first)
        elif len(others) == 1 and self.several and len(first.earlier) != len(others[0].earlier):
            self.is_scripted = True
