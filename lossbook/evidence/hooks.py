"""Hooks that no copy of a module takes along, however it is copied."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from torch import nn

SWEEPER = "lossbook.evidence.hooks"  # a key that copy.deepcopy, whose keys are numbers, has no use for


class Key:
    """Under which a hook stands. In a copy or a pickle, a plain object takes its place.

    A number, as torch takes, would be given to another hook where the pickle is loaded.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return object, ()


class Hook:
    """A function in a table of hooks. ``copy.deepcopy`` of the table is without it.

    In a pickle, something stands in its place that does nothing, and can be loaded where there is no lossbook.
    """

    def __init__(self, function: Callable[..., Any], table: dict[Any, Any], key: Key) -> None:
        self._function, self._table, self._key = function, table, key

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        if id(self._table) in memo:
            entry = memo[id(self._table)], memo[id(self._key)]
            memo.setdefault(SWEEPER, Sweeper()).found.append(entry)
        return nothing()

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (contextlib.nullcontext(), "__exit__")


class Sweeper:
    """When ``copy.deepcopy`` lets go of its memo, at its end, the copied entries are taken out."""

    def __init__(self) -> None:
        self.found: list[tuple[dict[Any, Any], Any]] = []  # the copy of a table, and the key in it

    def __del__(self) -> None:
        for table, key in self.found:
            table.pop(key, None)


def nothing() -> Callable[..., None]:
    """A function that takes anything and does nothing."""
    return contextlib.nullcontext().__exit__


def hook(module: nn.Module, *, before: Callable[..., None] | None, after: Callable[..., None]) -> Callable[[], None]:
    """Call ``before(module, args, kwargs)`` and ``after(module, args, kwargs, output)`` at each forward pass.

    ``after`` is called with None where the pass raises.

    Returns:
        the function that ends it.
    """
    key = Key()  # the same in each table, so that torch finds it
    wanted: list[tuple[Callable[..., None], Any]] = [
        (after, module._forward_hooks),
        (after, module._forward_hooks_with_kwargs),
        (after, module._forward_hooks_always_called),
    ]
    if before is not None:
        wanted += [(before, module._forward_pre_hooks), (before, module._forward_pre_hooks_with_kwargs)]
    for function, table in wanted:
        table[key] = Hook(function, table, key)

    def end() -> None:
        for _, table in wanted:
            table.pop(key, None)

    return end
