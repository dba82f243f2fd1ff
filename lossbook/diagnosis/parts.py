"""A training's parts, as a case: which of a batch goes into the model, and which into the loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, Snapshot, pair_loss, unwrapped
from lossbook.evidence.structure import leaves, tensors
from lossbook.evidence.surroundings import quiet

TARGETS = ("target", "targets", "label", "labels", "y")  # names under which a dict holds what is asked
LR = 1e-3  # of Adam, where no optimiser is given


class NoCall(ValueError):
    """The model or the loss cannot be called with what the loader gives."""


def case_of_parts(
    model: nn.Module, loss_fn: Callable[..., Any] | None, batches: list[Any], optimizer: Optimizer | None
) -> Case:
    """The case of a training that has not begun; on copies.

    Raises:
        NoCall: in no way that is usual do model and loss take such batches; the message says what the usual one raised.
        TypeError: the model cannot be copied.
    """
    start = Snapshot(unwrapped(model), (optimizer or _adam(model),)) if any(True for _ in model.parameters()) else None
    start = (start or Snapshot(unwrapped(model), ())).copy(shared=[])
    place = next((each.device for each in start.model.parameters()), torch.device("cpu"))
    problem: Exception | None = None
    ways = list(_ways(batches[0], loss_fn))
    for way in ways:
        try:
            with torch.no_grad():
                _tried(start.model, loss_fn, way(batches[0]).map(lambda each: each.to(place)))
        except Exception as error:  # of the reader's model or loss; the first one is the usual call
            problem = problem or error
            continue
        made = tuple(way(batch).map(lambda each: each.to(place)) for batch in batches)
        loss_of = _own_loss if loss_fn is None else pair_loss(loss_fn)
        return Case(start, start, made, loss=loss_fn, loss_of=loss_of)
    raise NoCall(_said(problem, batches[0]))


def _said(problem: Exception | None, batch: Any) -> str:
    said = f"{type(problem).__name__}: {str(problem).partition(chr(10))[0]}" if problem is not None else "there is none"
    return f"Model and loss cannot be called with a batch of the loader, a {type(batch).__name__}. {said}."


def _adam(model: nn.Module) -> Optimizer:
    return torch.optim.Adam(model.parameters(), lr=LR)


def _tried(model: nn.Module, loss_fn: Callable[..., Any] | None, batch: Batch) -> None:
    copy = copied_model(model, shared=[])
    with quiet(copy):
        output = batch.output(copy)
        loss = _loss_in(output) if loss_fn is None else loss_fn(output, batch.target)
        if not isinstance(loss, Tensor):
            raise TypeError(f"the loss must be a tensor, got {type(loss).__name__}")


def _own_loss(model: nn.Module, batch: Batch) -> Tensor:
    return _loss_in(batch.output(model))


def _loss_in(output: Any) -> Tensor:
    """What a model calls its loss; else the first single number that it gives."""
    named = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", None)
    single = (each for each in leaves(output) if isinstance(each, Tensor) and each.ndim == 0)
    loss = named if isinstance(named, Tensor) else next(single, None)
    if loss is None:
        raise TypeError("the model gives no loss of its own: give loss_fn, a function of (output, target)")
    return loss


def _ways(batch: Any, loss_fn: Callable[..., Any] | None) -> Iterator[Callable[[Any], Batch]]:
    """How a batch may be called with, the usual way first."""
    if isinstance(batch, Batch):
        yield lambda given: given
    elif isinstance(batch, Mapping):
        names = [name for name in TARGETS if name in batch]
        if loss_fn is None or not names:
            yield lambda given: Batch((), dict(given), None)
        for name in names:
            yield lambda given, name=name: Batch((), _without(given, name), given[name])  # type: ignore[misc]
            yield lambda given, name=name: Batch(tuple(_without(given, name).values()), {}, given[name])  # type: ignore[misc]
            yield lambda given, name=name: Batch((_without(given, name),), {}, given[name])  # type: ignore[misc]
            yield lambda given, name=name: Batch((), dict(given), given[name])  # type: ignore[misc]
    elif isinstance(batch, (tuple, list)):
        if loss_fn is None:
            yield lambda given: Batch(tuple(given), {}, None)
        if len(batch) == 2:
            yield lambda given: _called(given[0], given[1])
        if len(batch) > 1:
            yield lambda given: Batch(tuple(given[:-1]), {}, given[-1])
            yield lambda given: Batch((given[0],), {}, tuple(given[1:]))
        yield lambda given: Batch((given[0],), {}, given[0])
    elif tensors(batch):
        yield lambda given: Batch((given,), {}, given)  # it is to be told again


def _called(inputs: Any, target: Any) -> Batch:
    """Several inputs are given one by one, named ones by their names."""
    if isinstance(inputs, Mapping):
        return Batch((), dict(inputs), target)
    return Batch(tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,), {}, target)


def _without(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != name}
