"""Calls of ``model.forward(...)`` itself, of which torch tells no hook."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

Heard = tuple[Callable[..., None], Callable[..., None]]
#: class -> id of a module -> the module, and who hears of it
HEARD: dict[type, dict[int, tuple[nn.Module, Heard]]] = {}


def hear(module: nn.Module, before: Callable[..., None], after: Callable[..., None]) -> Callable[[], None]:
    """Call ``before(module, args, kwargs)`` and ``after(module, args, kwargs, output)`` at each call of ``forward``.

    That of the class is wrapped, so that no copy of the module takes anything along. Classes of torch itself, which
    many modules share, stay as they are.

    Returns:
        the function that ends it.
    """
    cls = type(module)
    if cls.__module__.partition(".")[0] == "torch" or "forward" in vars(module):
        return lambda: None
    if cls not in HEARD:
        _wrap(cls)
    HEARD[cls][id(module)] = module, (before, after)

    def end() -> None:
        HEARD.get(cls, {}).pop(id(module), None)
        if cls in HEARD and not HEARD[cls]:
            _unwrap(cls)

    return end


def _wrap(cls: type) -> None:
    original, table = cls.forward, HEARD.setdefault(cls, {})  # type: ignore[attr-defined]

    @functools.wraps(original)
    def forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        one, heard = table.get(id(self), (None, None))
        if one is not self or heard is None or torch.compiler.is_compiling():
            return original(self, *args, **kwargs)
        output = None
        heard[0](self, args, kwargs)
        try:
            output = original(self, *args, **kwargs)
        finally:
            heard[1](self, args, kwargs, output)
        return output

    forward.lossbook_stands_for = vars(cls).get("forward")  # type: ignore[attr-defined]
    cls.forward = forward  # type: ignore[attr-defined]


def _unwrap(cls: type) -> None:
    del HEARD[cls]
    now: Any = vars(cls).get("forward")
    if not hasattr(now, "lossbook_stands_for"):
        return  # the loop has put another one there
    if now.lossbook_stands_for is None:
        del cls.forward  # type: ignore[attr-defined]
    else:
        cls.forward = now.lossbook_stands_for  # type: ignore[attr-defined]
