"""Hooks that no copy of a module takes along, however it is copied."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from torch import nn

SWEEPER = "lossbook.evidence.hooks"  # a key that copy.deepcopy, whose keys are numbers, has no use for


class Hook:
    """A function as a hook of a module. In a pickle, something stands in its place that does nothing.

    It can be loaded where there is no lossbook.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        return nothing()

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (contextlib.nullcontext(), "__exit__")


class Key:
    """Under which a hook stands. ``copy.deepcopy`` of its table is without it; a pickle has a plain object instead.

    A number, as torch takes, would be given to another hook where the pickle is loaded.
    """

    def __init__(self, table: dict[Any, Any]) -> None:
        self._table = table

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        new = object()
        if id(self._table) in memo:
            memo.setdefault(SWEEPER, Sweeper()).found.append((memo[id(self._table)], new))
        return new

    def __reduce__(self) -> tuple[Any, ...]:
        return object, ()


class Sweeper:
    """When ``copy.deepcopy`` lets go of its memo, at its end, the copied entries are taken out."""

    def __init__(self) -> None:
        self.found: list[tuple[dict[Any, Any], Any]] = []

    def __del__(self) -> None:
        for table, key in self.found:
            table.pop(key, None)


def nothing() -> Callable[..., None]:
    """A function that takes anything and does nothing."""
    return contextlib.nullcontext().__exit__


def hook(module: nn.Module, *, before: Callable[..., None] | None, after: Callable[..., None]) -> Callable[[], None]:
    """Call ``before(module, args, kwargs)`` and ``after(module, args, kwargs, output)`` at each forward pass.

    Returns:
        the function that ends it.
    """
    tables = [(module._forward_hooks, module._forward_hooks_with_kwargs, after)]
    if before is not None:
        tables.append((module._forward_pre_hooks, module._forward_pre_hooks_with_kwargs, before))
    entries: list[tuple[dict[Any, Any], Any]] = []
    for table, named, function in tables:
        key: Any = Key(table)  # the same in both tables, so that torch finds it
        table[key] = Hook(function)
        named[key] = True
        entries += [(table, key), (named, key)]

        if function is after:  # also where the pass raises
            module._forward_hooks_always_called[key] = True
            entries.append((module._forward_hooks_always_called, key))

    def end() -> None:
        for table, key in entries:
            table.pop(key, None)

    return end
