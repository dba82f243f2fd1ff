"""A row of the grid's bugs, and what the rows are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from grid_tasks import Task
from torch import Tensor, nn


class Bug(NamedTuple):
    """What is done to a task, and the causes that name it: of a healthy change, none."""

    make: Callable[[Task], Task | None]
    causes: tuple[str, ...] = ()
    always: bool = False  #: it is wrong, though the held-out answers do not show it


def model_of(change: Callable[[nn.Module], nn.Module | None], when: Callable[[Task], bool] = lambda task: True) -> Any:
    """Another model made of the task's own; it may be the same, changed."""

    def make(task: Task) -> Task | None:
        model = change(task.model) if when(task) else None
        return None if model is None else replace(task, model=model)

    return make


def inputs(change: Callable[[Tensor], Tensor]) -> Callable[[Task], Task | None]:
    def make(task: Task) -> Task | None:
        return replace(task, data=(change(task.data[0]), task.data[1])) if task.floats else None

    return make


def settings(**values: Any) -> Callable[[Task], Task | None]:
    """The optimiser's settings; callables get the old value. None if it does not have them."""

    def make(task: Task) -> Task | None:
        probe = task.optimizer([nn.Parameter(torch.zeros(1))])
        if any(name not in probe.param_groups[0] for name in values):
            return None

        def optimizer(params: Iterable[Any]) -> torch.optim.Optimizer:
            made = task.optimizer(params)
            for group in made.param_groups:
                for name, value in values.items():
                    group[name] = value(group[name]) if callable(value) else value
            return made

        return replace(task, optimizer=optimizer)

    return make


def change(**fields: Any) -> Callable[[Task], Task]:
    return lambda task: replace(task, **fields)


def in_loop(word: str) -> Callable[[Task], Task]:
    return change(loop=frozenset({word}))


def weights(model: nn.Module) -> list[Any]:
    """The layers of weights, in their order."""
    return [part for part in model.modules() if isinstance(part, nn.Linear | nn.Conv2d)]


def exchanged(model: nn.Module, kind: type, make: Callable[[Any], nn.Module], last: bool = False) -> nn.Module | None:
    """The model with each part of a kind, or the first or last one, replaced; None if it has none."""
    places = [(m, n, c) for m in model.modules() for n, c in m.named_children() if type(c) is kind]
    for parent, name, child in places[-1:] if last else places:
        setattr(parent, name, make(child))
    return model if places else None
