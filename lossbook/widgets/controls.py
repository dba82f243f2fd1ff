"""Controls: what the reader can change, each a finite list of values, so that every state can be drawn ahead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from lossbook import checks

FEW = 4  #: so many values of a choice stand side by side, as buttons


@dataclass(frozen=True)
class Control:
    """One knob with the values that it can take. ``kind`` is how it is shown.

    Args:
        values: at least one, all different.
        label: what stands beside it, with the unit; by default the argument's name.
        start: the value that is shown first; by default the first one.
        kind: "slider" steps through the values; "choice" has a button for each, and drops down more than ``FEW``;
            "toggle" is a box for off and on.

    Raises:
        ValueError: no value, a value twice, a start that is none of them, a toggle without exactly off and on.
        TypeError: values whose ``==`` gives no answer, as arrays.
    """

    values: tuple[Any, ...]
    label: str = ""
    start: Any = None
    kind: str = "slider"

    def __post_init__(self) -> None:
        checks.one_of("kind", self.kind, KINDS)
        if not self.values or _twice(self.values):
            raise ValueError(f"values must be at least one, all different, got {self.values!r}.")
        if self.kind == "toggle" and self.values != (False, True):
            raise ValueError(f"values of a toggle must be (False, True), got {self.values!r}.")
        if self.start is not None and self.start not in self.values:
            raise ValueError(f"start must be one of {self.values!r}, got {self.start!r}.")

    @property
    def first(self) -> int:
        """The index of the value that is shown first."""
        return 0 if self.start is None else self.values.index(self.start)

    @property
    def has_buttons(self) -> bool:
        """A choice of few values, which a reader sees all at once."""
        return self.kind == "choice" and len(self.values) <= FEW

    @property
    def names(self) -> tuple[str, ...]:
        """The values as the reader sees them."""
        return tuple(show(value) for value in self.values)


def _twice(values: tuple[Any, ...]) -> bool:
    """Whether two values are equal. They are compared in pairs, since some have no hash."""
    try:
        themselves, twice = (
            all(one == one for one in values),
            any(one == other for one, other in combinations(values, 2)),
        )
    except ValueError:
        got = ", ".join(sorted({type(value).__name__ for value in values}))
        raise TypeError(
            f"values must be such that == says whether two are the same, got {got}. Give their names, and let render "
            "look them up."
        ) from None
    if not themselves:  # NaN: no list finds it again
        raise ValueError(f"values must be such that each is equal to itself, got {values!r}.")
    return twice


KINDS = ("slider", "choice", "toggle")


def control(name: str, value: Any) -> Control:
    """The control that an argument of ``explore`` stands for: a list of numbers or other things, a flag, a control.

    >>> control("lr", [0.1, 1.0]).kind, control("rule", ["SGD", "Adam"]).kind, control("log", True).kind
    ('slider', 'choice', 'toggle')

    Raises:
        TypeError: the argument is none of these.
    """
    words = name.replace("_", " ")
    if isinstance(value, Control):
        return value if value.label else Control(value.values, words, value.start, value.kind)
    if isinstance(value, bool):
        return Control((False, True), words, value, "toggle")
    if isinstance(value, (list, tuple, range)):
        numbers = all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in value)
        return Control(tuple(value), words, None, "slider" if numbers else "choice")
    raise TypeError(f"{name} must be a list of values, True or False, or a Control, got {value!r}.")


def states(controls: dict[str, Control]) -> list[dict[str, Any]]:
    """Every combination of values, the last control running fastest."""
    values = product(*(one.values for one in controls.values()))
    return [dict(zip(controls, state, strict=True)) for state in values]


def start_of(controls: dict[str, Control]) -> dict[str, Any]:
    """The state that is shown first."""
    return {name: one.values[one.first] for name, one in controls.items()}


def show(value: Any) -> str:
    """A value in a few characters.

    >>> show(1e-06), show(0.1 + 0.2), show(100), show("Adam")
    ('1e-06', '0.3', '100', 'Adam')
    """
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.3g}"
    return str(value)
