"""Copies of a model and its optimiser that continue the training as the originals would, and leave these unchanged."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.optim.rate import lr_factor, set_lr_factor

LOCKS = {type(make()): make for make in (threading.Lock, threading.RLock)}


def copied_model(model: nn.Module, *, shared: list[str] | None = None) -> nn.Module:
    """A copy of the model; see :func:`copied`."""
    copy: nn.Module = copied(model, shared=shared)[0]
    return copy


def copied(model: nn.Module, *optimizers: torch.optim.Optimizer, shared: list[str] | None = None) -> tuple[Any, ...]:
    """The model and its optimisers, copied together, so that the optimisers' copies hold the copied model's parameters.

    Unlike ``copy.deepcopy``, it copies a model that keeps an output of its last pass (the copy is cut off from the
    graph) or a lock (it is made anew), and an optimiser with attributes of its own, such as ``LBFGS``. Step hooks are
    not copied, since they may refer to the original; only those of a learning-rate factor are set again.

    Args:
        model: what is copied.
        optimizers: what trains it.
        shared: None, or a list. Given a list, what cannot be copied is shared with the original, and its name is added.

    Raises:
        TypeError: an attribute that cannot be copied, and ``shared`` is None; the message names it.
    """
    memo = _memo([model, *optimizers])
    new_model = _copied("model", model, memo, shared)
    return new_model, *(_copied_optimizer(optimizer, memo, shared) for optimizer in optimizers)


def copied_onto(params: dict[int, Any], optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """A copy of the optimiser alone, which holds other parameters.

    Args:
        params: id of a parameter of the optimiser -> what its copy holds instead.
        optimizer: what is copied.
    """
    new: torch.optim.Optimizer = _copied_optimizer(optimizer, {**_memo([optimizer]), **params}, [])
    return new


def _copied_optimizer(optimizer: torch.optim.Optimizer, memo: dict[int, Any], shared: list[str] | None) -> Any:
    new = _copied("optimizer", optimizer, memo, shared)
    for name, value in vars(optimizer).items():  # torch's __getstate__ drops what a subclass adds
        if name not in vars(new) and name != "step":  # torch's schedulers wrap step
            setattr(new, name, _copied(f"optimizer.{name}", value, memo, shared))
    if lr_factor(optimizer) != lr_factor(new):
        set_lr_factor(new, lr_factor(optimizer))
    return new


def _copied(name: str, value: Any, memo: dict[int, Any], shared: list[str] | None = None) -> Any:
    before = dict(memo)
    while True:
        try:
            return copy.deepcopy(value, memo)
        except Exception as error:
            path, part = _culprit(name, value, before)
            if shared is None or part is value:
                kind = type(error).__name__
                raise TypeError(
                    f"{path} must be something that copy.deepcopy can copy, since a test trains on a copy, "
                    f"got {kind}: {str(error).splitlines()[0] if str(error) else 'no message'}"
                ) from error
            shared.append(path)
            before[id(part)] = part
            memo.clear()  # of what the failed try has copied in part
            memo.update(before)


def _culprit(name: str, value: Any, memo: dict[int, Any]) -> tuple[str, Any]:
    """The first attribute that cannot be copied, and its path."""
    parts = dict(value.named_modules()) if isinstance(value, nn.Module) else {"": value}
    for place, part in parts.items():
        for attribute, inner in vars(part).items() if hasattr(part, "__dict__") else ():
            if attribute in ("_modules", "step"):
                continue
            try:
                copy.deepcopy(inner, dict(memo))
            except Exception:
                return ".".join(word for word in (name, place, attribute) if word), inner
    return name, value


def _memo(roots: Iterable[Any]) -> dict[int, Any]:
    """The memo for ``copy.deepcopy``: replacements for the tensors and locks that it cannot copy."""
    memo: dict[int, Any] = {}
    for value in _reached(roots):
        if isinstance(value, Tensor) and not value.is_leaf:
            memo[id(value)] = value.detach().clone()
        elif type(value) in LOCKS:
            memo[id(value)] = LOCKS[type(value)]()
    return memo


def _attributes(value: Any) -> list[Any]:
    try:
        return list(vars(value).values())
    except Exception:  # it has none, or its own __getattr__ fails
        return []


def _reached(roots: Iterable[Any]) -> Iterator[Any]:
    """All objects that can be reached from these through attributes and containers."""
    seen, todo = set[int](), list(roots)
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        if isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, (list, tuple, set, frozenset)):
            todo += value
        elif not isinstance(value, (type, Tensor)) and type(value).__module__ != "builtins":
            todo += _attributes(value)
