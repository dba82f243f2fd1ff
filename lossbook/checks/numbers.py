"""Checks of numbers and words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np

from lossbook.values import shown

LISTED = 16  # a message lists at most so many names in full


def number(name: str, value: Any) -> None:
    """Raise unless ``value`` is a Python number; NaN and infinity count as numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a Python number, got {shown(value)} of type {type(value).__name__}.")
    if isinstance(value, int) and value.bit_length() > 1023:
        raise ValueError(f"{name} must be a number that a float can hold, got one of {value.bit_length()} bits.")


def in_interval(name: str, value: Any, interval: str) -> None:
    """Raise unless ``value`` is a real number inside ``interval``, written as in mathematics.

    >>> in_interval("momentum", 0.9, "[0, 1)")
    >>> in_interval("momentum", 1.5, "[0, 1)")
    Traceback (most recent call last):
    ValueError: momentum must lie in [0, 1), got 1.5.
    """
    number(name, value)
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = value > low or (interval[0] == "[" and value == low)
    below = value < high or (interval[-1] == "]" and value == high)
    if not (above and below):
        raise ValueError(f"{name} must lie in {interval}, got {value!r}.")


def each_in_interval(name: str, value: float | tuple[float, ...], interval: str) -> None:
    """As :func:`in_interval`, for a number or for each of a tuple."""
    if not isinstance(value, tuple):
        in_interval(name, value, interval)
        return
    for index, item in enumerate(value):
        in_interval(f"{name}[{index}]", item, interval)


def whole_number(name: str, value: Any, at_least: int | None = None) -> None:
    """Raise unless ``value`` is an ``int``, of at least ``at_least``."""
    if isinstance(value, bool) or not isinstance(value, int):
        way_on = f": write int({name})" if isinstance(value, np.integer) else ""
        raise TypeError(f"{name} must be a whole number, got {shown(value)} of type {type(value).__name__}{way_on}.")
    if at_least is not None and value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value!r}.")


def seed(name: str, value: Any) -> None:
    """Raise unless ``value`` is a seed that both NumPy and torch take: an ``int`` from 0 to 2**64 - 1."""
    whole_number(name, value, 0)
    if value >= 2**64:
        raise ValueError(f"{name} must be at most 2**64 - 1, got {value!r}.")


def divides(name: str, value: int, whole: int, what: str) -> None:
    """Raise unless ``whole`` is a multiple of ``value``."""
    if whole % value:
        raise ValueError(f"{name} must divide {what}, {whole}, got {value}.")


def pair(name: str, value: Any) -> None:
    """Raise unless ``value`` is a tuple of two."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise TypeError(f"{name} must be a tuple of two numbers, got {shown(value)}.")


def betas(name: str, value: Any) -> None:
    """Raise unless ``value`` is a tuple of two decay rates, each in [0, 1)."""
    pair(name, value)
    for index in (0, 1):
        in_interval(f"{name}[{index}]", value[index], "[0, 1)")


def learning_rate(name: str, value: Any) -> None:
    """Raise unless ``value`` is a number in [0, inf) or a schedule: an object that is called with the step."""
    if isinstance(value, type) or not callable(value):
        in_interval(name, value, "[0, inf)")


def flag(name: str, value: Any) -> None:
    """Raise unless ``value`` is ``True`` or ``False``."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {shown(value)}.")


def one_of(name: str, value: Any, allowed: Iterable[str]) -> None:
    """Raise unless ``value`` is one of the strings ``allowed``; the message offers the nearest one."""
    allowed = list(allowed)
    if not isinstance(value, str) or value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(map(repr, allowed if len(allowed) <= LISTED else allowed[: LISTED // 2]))
        more = f" and {len(allowed) - LISTED // 2} more" if len(allowed) > LISTED else ""
        raise ValueError(f"{name} must be one of {listed}{more}, got {shown(value)}.{hint}")
