"""What an exercise asks, and what is said of an answer."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch

WIDTH = 72  #: columns of what a notebook shows


class Kind(Protocol):
    """How an answer looks, and how two of them are compared. The kinds stand in ``lossbook.exercises.kinds``."""

    @property
    def form(self) -> str:
        """What to give, as it follows "Give"."""

    def read(self, answer: Any) -> None:
        """Raise unless this can be an answer."""

    def same(self, given: Any, known: Any, right: Any) -> bool:
        """Whether an answer is this known one. ``right`` is the right one."""

    def told(self, given: Any, right: Any) -> str:
        """Of an answer that is not right: what in it is, in words."""


@dataclass(frozen=True, repr=False)
class Result:
    """What :func:`lossbook.exercises.check` says of an answer."""

    right: bool | None  #: None if there is no answer yet
    text: str

    def __repr__(self) -> str:
        return textwrap.fill(self.text, WIDTH, break_long_words=False, break_on_hyphens=False)


@dataclass(frozen=True)
class Exercise:
    """One exercise of the book.

    Args:
        asks: the question that the answer is for, in one line.
        kind: of the answer.
        right: computes the right answer.
        mistakes: typical wrong answers, each with the sentence that helps on.
        hint: said of any other wrong answer.
        why: said of the right answer.
    """

    asks: str
    kind: Kind
    right: Callable[[], Any]
    mistakes: tuple[tuple[Any, str], ...] = ()
    hint: str = ""
    why: str = ""

    def judge(self, answer: Any) -> Result:
        """What is right in this answer, and what is not yet."""
        if answer is ...:
            return Result(None, f"Not answered yet: {self.asks} Give {self.kind.form}.")
        self.kind.read(answer)
        with torch.random.fork_rng(devices=[]):  # a verdict repeats, and draws nothing from the reader's generator
            torch.manual_seed(0)
            return self._judged(answer)

    def _judged(self, answer: Any) -> Result:
        right = self.right()
        if self.kind.same(answer, right, right):
            return Result(True, f"Right. {self.why}".strip())
        typical = (helps for wrong, helps in self.mistakes if self.kind.same(answer, wrong, right))
        parts = "Not yet.", self.kind.told(answer, right), next(typical, self.hint)
        return Result(False, " ".join(filter(None, parts)))
