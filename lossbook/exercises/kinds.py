"""The kinds of answers: numbers, choices, sets, and code that is tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from numbers import Real
from typing import Any

from lossbook import checks
from lossbook.causes import CAUSES
from lossbook.values import shown


@dataclass(frozen=True)
class Number:
    """One number.

    Args:
        unit: in words; empty for none.
        within: the share of the right number by which an answer may be off.
    """

    unit: str = ""
    within: float = 0.02

    @property
    def form(self) -> str:
        return f"a number, in {self.unit}" if self.unit else "a number"

    def read(self, answer: Any) -> None:
        _number("answer", answer)

    def same(self, given: Any, known: Any, right: Any) -> bool:
        return abs(given - known) <= self.within * abs(known) + 1e-12

    def told(self, given: Any, right: Any) -> str:
        if given * right < 0:
            return "The sign is not right yet."
        if given == 0 or right == 0 or not self.within:
            return ""
        apart = abs(math.log10(given / right))
        if apart > 0.5 and abs(apart - round(apart)) < 0.01:
            return "The digits are right, the power of ten is not yet."
        return "The order of magnitude is right, the number is not yet." if apart < 0.5 else ""


@dataclass(frozen=True)
class Numbers:
    """Several numbers, in a tuple.

    Args:
        names: what each of them is.
        unit, within: as in :class:`Number`.
    """

    names: tuple[str, ...]
    unit: str = ""
    within: float = 0.02

    @property
    def form(self) -> str:
        return f"numbers{f' in {self.unit}' * bool(self.unit)}: ({', '.join(self.names)})"

    def read(self, answer: Any) -> None:
        _tuple(answer, self.names)
        for name, each in zip(self.names, answer, strict=True):
            _number(name, each)

    def same(self, given: Any, known: Any, right: Any) -> bool:
        return all(self._matches(given, known))

    def told(self, given: Any, right: Any) -> str:
        return _which(self.names, self._matches(given, right))

    def _matches(self, given: Any, known: Any) -> list[bool]:
        one = Number(within=self.within)
        return [one.same(mine, yours, yours) for mine, yours in zip(given, known, strict=True)]


@dataclass(frozen=True)
class Choice:
    """One of some words."""

    options: tuple[str, ...]

    @property
    def form(self) -> str:
        return f"one of {', '.join(map(repr, self.options))}"

    def read(self, answer: Any) -> None:
        checks.one_of("answer", answer, self.options)

    def same(self, given: Any, known: Any, right: Any) -> bool:
        return given == known

    def told(self, given: Any, right: Any) -> str:
        return ""


@dataclass(frozen=True)
class Each:
    """For each of several things one of some words, in a tuple."""

    names: tuple[str, ...]
    options: tuple[str, ...]

    @property
    def form(self) -> str:
        return f"({', '.join(self.names)}), each one of {', '.join(map(repr, self.options))}"

    def read(self, answer: Any) -> None:
        _tuple(answer, self.names)
        for name, each in zip(self.names, answer, strict=True):
            checks.one_of(name, each, self.options)

    def same(self, given: Any, known: Any, right: Any) -> bool:
        return tuple(given) == tuple(known)

    def told(self, given: Any, right: Any) -> str:
        return _which(self.names, [mine == yours for mine, yours in zip(given, right, strict=True)])


@dataclass(frozen=True)
class Several:
    """All that belong to the answer, as a set."""

    options: tuple[str, ...]

    @property
    def form(self) -> str:
        return f"a set of {', '.join(map(repr, self.options))}"

    def read(self, answer: Any) -> None:
        if isinstance(answer, str) or not isinstance(answer, Collection):
            raise TypeError(f"answer must be a set of words, such as {{'one', 'two'}}, got {shown(answer)}.")
        for each in answer:
            checks.one_of("each word of the answer", each, self.options)

    def same(self, given: Any, known: Any, right: Any) -> bool:
        return set(given) == set(known)

    def told(self, given: Any, right: Any) -> str:
        belongs, missing = set(given) & set(right), set(right) - set(given)
        if not belongs:
            return "None of these belongs to it." if given else "The set is empty."
        if set(given) <= set(right):
            return "All that you name belongs to it, and something is missing."
        named = "Something that you name belongs to it, and something does not."
        return f"{named} Something is missing, too." if missing else f"{named} Nothing is missing."


@dataclass(frozen=True)
class Causes(Several):
    """The keys of one cause or of several, as a set; ``book/checklist.md`` lists them all."""

    options: tuple[str, ...] = tuple(CAUSES)

    @property
    def form(self) -> str:
        return "a set of causes by their keys, as the checklist has them"


@dataclass(frozen=True)
class Tried:
    """What is right if it passes trials: a function, a number to train with, or a whole program.

    Args:
        form: what to give, as it follows "Give".
        trials: each a thing that holds of a right answer, in words, and the function that asks an answer for it.
        check: raises unless this can be an answer; by default it must be callable.
    """

    form: str
    trials: tuple[tuple[str, Callable[[Any], bool]], ...]
    check: Callable[[Any], None] = lambda answer: _callable(answer)

    def read(self, answer: Any) -> None:
        self.check(answer)

    def same(self, given: Any, known: Any, right: Any) -> bool:
        return self._passed(given)[0] == ([True] * len(self.trials) if known is right else self._passed(known)[0])

    def told(self, given: Any, right: Any) -> str:
        passed, raised = self._passed(given)
        fine, not_yet = (
            [words for (words, _), one in zip(self.trials, passed, strict=True) if one == well]
            for well in (True, False)
        )
        parts = [f"What is right: {'; '.join(fine)}."] if fine else []
        parts += [f"What is not yet: {'; '.join(not_yet)}."] if not_yet else []
        return " ".join([*parts, *raised[:1]])

    def _passed(self, answer: Any) -> tuple[list[bool], list[str]]:
        passed, raised = [], []
        for _, trial in self.trials:
            try:
                passed.append(bool(trial(answer)))
            except Exception as error:  # the reader's code may raise anything
                passed.append(False)
                raised.append(f"It raised {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
        return passed, raised


def pair_of_numbers(answer: Any) -> None:
    """Raise unless it is a tuple of two numbers."""
    _tuple(answer, ("first", "second"))
    for name, each in zip(("first", "second"), answer, strict=True):
        _number(name, each)


def in_words(names: Collection[str]) -> str:
    """One, two and three.

    >>> in_words(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _which(names: tuple[str, ...], matches: list[bool]) -> str:
    """Which of several answers are right, and which are not yet."""
    fine, not_yet = ([name for name, one in zip(names, matches, strict=True) if one == well] for well in (True, False))
    return f"Right: {in_words(fine)}. Not yet: {in_words(not_yet)}." if fine else "None of them yet."


def _number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {shown(value)} of type {type(value).__name__}.")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value!r}.")


def _tuple(answer: Any, names: tuple[str, ...]) -> None:
    if not isinstance(answer, (tuple, list)) or len(answer) != len(names):
        raise TypeError(f"answer must be a tuple of {len(names)}: ({', '.join(names)}), got {shown(answer)}.")


def _callable(answer: Any) -> None:
    if not callable(answer):
        raise TypeError(f"answer must be a function, got {shown(answer)} of type {type(answer).__name__}.")
