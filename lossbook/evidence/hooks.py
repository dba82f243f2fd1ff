"""Hooks that no copy of a module takes along, however it is copied."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

from torch import nn

SWEEPER = "lossbook.evidence.hooks"  # a key that copy.deepcopy, whose keys are numbers, has no use for


KEYS = itertools.count(-1, -1)  # under which hooks stand: torch's own numbers are never negative


class Hook:
    """A function in a table of hooks. ``copy.deepcopy`` of the table is without it.

    In a pickle, something stands in its place that does nothing, and can be loaded where there is no lossbook.
    """

    def __init__(self, function: Callable[..., Any], table: dict[Any, Any], key: int) -> None:
        self._function, self._table, self._key = function, table, key

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    @property
    def __name__(self) -> str:
        raise RuntimeError(
            "torch.jit.script cannot compile a model while it is watched: call it before or after the watch."
        )

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        if id(self._table) in memo:
            entry = memo[id(self._table)], self._key
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


def hook(module: nn.Module, *, before: Callable[..., None] | None, after: Callable[..., None]) -> Callable[[], bool]:
    """Call ``before(module, args, kwargs)`` and ``after(module, args, kwargs, output)`` at each forward pass.

    ``after`` is called with None where the pass raises.

    Returns:
        the function that ends it; it says whether all hooks were still there.
    """
    key = next(KEYS)  # the same in each table, so that torch finds it
    wanted: list[tuple[Callable[..., None], Any]] = [
        (after, module._forward_hooks),
        (after, module._forward_hooks_with_kwargs),
        (after, module._forward_hooks_always_called),
    ]
    if before is not None:
        wanted += [(before, module._forward_pre_hooks), (before, module._forward_pre_hooks_with_kwargs)]
    for function, table in wanted:
        table[key] = Hook(function, table, key)

    def end() -> bool:
        names = ("_forward_hooks", "_forward_pre_hooks")
        there = all([table.pop(key, None) is not None for _, table in wanted])
        return there and (
            before is None or all(any(getattr(module, name) is table for _, table in wanted) for name in names)
        )

    return end
