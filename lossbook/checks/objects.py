"""Checks of objects, of their contents, and of files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lossbook.values import shown, shown_call


def has_method(name: str, value: Any, method: str, way_on: str = "") -> None:
    """Raise unless ``value`` is an object (not a class) with ``method``; ``way_on`` is added to the message."""
    if isinstance(value, type):
        raise TypeError(f"{name} must be an object, got the class {value.__name__}: write {shown_call(value)}.")
    if not callable(getattr(value, method, None)):
        way_on = way_on and f" {way_on}"
        raise TypeError(f"{name} must have a method {method}(), got {shown(value)}.{way_on}")


def has_fields(name: str, value: Any, names: Iterable[str], origin: str) -> None:
    """Raise unless ``value`` has these fields; ``origin`` says where such objects come from."""
    if not all(hasattr(value, field) for field in names):
        raise TypeError(f"{name} must have {', '.join(names)}, as what lossbook.{origin}, got {shown(value)}.")


def update_rule(name: str, value: Any) -> None:
    """Raise unless ``value`` is a rule of ``lossbook.optim``: an object with ``init(param)`` and ``update(...)``."""
    has = all(callable(getattr(value, method, None)) for method in ("init", "update"))
    if has and not isinstance(value, type):
        return
    got = f"the class {value.__name__}" if isinstance(value, type) else repr(value)
    if hasattr(value, "param_groups"):
        got = f"torch's optimiser {type(value).__name__}, which trains as it is"
    raise TypeError(
        f"{name} must be an update rule of lossbook.optim, an object such as Adam(lr=0.001), got {got}. "
        f"Write TorchOptimizer(model.parameters(), {value.__name__ + '()' if has else 'Adam(lr=0.001)'})."
    )


def same_names(name: str, got: Any, expected: Iterable[str], what: str) -> None:
    """Raise unless ``got`` holds exactly the ``expected`` names."""
    expected, held = sorted(expected), sorted(got or ())
    if held != expected:
        raise ValueError(f"{name} must be {what}, which holds {', '.join(expected)}; got {', '.join(held) or 'none'}.")


def by_label(name: str, value: Any, kind: type) -> None:
    """Raise unless ``value`` is a mapping from labels to objects of this kind."""
    noun = kind.__name__
    if not isinstance(value, Mapping):
        way = f'write {{"run": {noun.lower()}}}'
        raise TypeError(f"{name} must map labels to objects of type {noun}, got {type(value).__name__}: {way}.")
    for label, item in value.items():
        if not isinstance(item, kind):
            raise TypeError(f"{name}[{label!r}] must be a {noun}, got {type(item).__name__}.")


def one_each(name: str, items: list[Any], of: str, values: list[Any]) -> None:
    """Raise unless there is one item for each value, and one at least."""
    if not values:
        raise ValueError(f"{of} must hold at least one value, got none.")
    if len(items) != len(values):
        raise ValueError(f"{name} must hold one for each of {of}, {len(values)}, got {len(items)}.")


def writable(name: str, path: Path) -> None:
    """Raise unless ``path`` (``~`` is the home folder) is a device or a pipe, or can be written as a file.

    The check leaves no file behind.
    """
    try:
        path = path.expanduser()
        reason = "it is a folder" if path.is_dir() else ""
        if path.is_file():
            path.open("ab").close()
        if path.is_file() or not path.exists():
            tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        reason = str(error.strerror)
    except (RuntimeError, ValueError) as error:  # no such home folder; a zero byte in the name
        reason = str(error)
    if reason:
        raise ValueError(f"{name} must be a file that can be written, got {str(path)!r}: {reason}.")
