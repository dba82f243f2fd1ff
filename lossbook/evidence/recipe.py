"""What a training goes down on, worked out from what was seen of its first steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lossbook.evidence.case import Batch, pair_loss
from lossbook.evidence.structure import leaves, mapped
from lossbook.evidence.surroundings import quiet
from lossbook.evidence.window import Record, back

ALIKE = 1e-3  #: relative difference between two values of a loss that were computed in the same way
Target = Callable[[Record], Any]


class Recipe(NamedTuple):
    """How the loss of a batch is computed."""

    loss: Callable[[Any, Any], Tensor] | None
    loss_of: Callable[[nn.Module, Batch], Tensor] | None
    target_of: Target | None  #: None: the targets were not seen
    gap: str | None = None
    is_sure: bool = True  #: it gives the numbers that ``backward()`` ran on


def found_recipe(records: list[Record], loss_fn: Callable[..., Any] | None) -> Recipe:
    """The first of these that fits: the model's own loss, a pair that was seen, a pair that gives the same numbers.

    Args:
        records: of the first steps.
        loss_fn: as the reader gave it, or None.
    """
    places = {record.ran_on_place for record in records}
    if len(places) == 1 and (place := places.pop()) is not None:
        return _own_loss(place)
    best = None
    for loss, target_of in _pairs(records, loss_fn):
        if (fit := _fit(loss, target_of, records, loss_of_torch=loss_fn is None)) is None:
            continue
        if fit:
            return Recipe(loss, pair_loss(loss), target_of)
        best = best or (loss, target_of)
    if best is None and loss_fn is None:
        for place in records[0].own if records else ():
            if _is_one_factor([(record.own.get(place), record.ran_on) for record in records]):
                return _own_loss(place)
        return Recipe(None, None, None, "The loss was not seen: give loss_fn=, a function of (output, target).")
    if best is None:
        return Recipe(loss_fn, pair_loss(loss_fn), None) if loss_fn else Recipe(None, None, None)
    loss, target_of = best
    gap = (
        "backward() ran on something else than the loss of output and target: a sum of several terms, or a penalty. "
        "Copies are trained on the loss of output and target alone."
    )
    return Recipe(loss, pair_loss(loss), target_of, gap, is_sure=False)


def _own_loss(place: int) -> Recipe:
    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        loss: Tensor = leaves(batch.output(model))[place]
        return loss

    return Recipe(None, loss_of, lambda record: None)


def _pairs(records: list[Record], loss_fn: Callable[..., Any] | None) -> Iterator[tuple[Any, Target]]:
    """Losses of (output, target), and where their targets are found, the surest first."""
    first = records[0] if records else None
    if first is None:
        return
    if first.told is not None and all(record.told is not None for record in records):
        if loss_fn is not None:
            yield loss_fn, lambda record: record.told[0]
        if first.called is not None:
            yield _called_loss(first, loss_fn), lambda record: record.told[0]
    if all(record.called is not None for record in records):
        if loss_fn is not None and first.called.place is not None:  # type: ignore[union-attr]
            yield loss_fn, lambda record: record.called.target  # type: ignore[union-attr]
        yield _called_loss(first, loss_fn), lambda record: record.called.target  # type: ignore[union-attr]
    if loss_fn is None:
        return
    for place in range(min(len(record.foreign) for record in records)):
        yield loss_fn, lambda record, place=place: record.foreign[place]  # type: ignore[misc]
    if len(first.foreign) > 1:
        yield loss_fn, lambda record: record.foreign
    for place in range(min(len(leaves(record.inputs)) for record in records)):
        yield loss_fn, lambda record, place=place: leaves(record.inputs)[place]  # type: ignore[misc]


def _called_loss(record: Record, loss_fn: Callable[..., Any] | None) -> Callable[[Any, Any], Tensor]:
    """The function of torch that was called, with its other arguments; or the reader's."""
    called = record.called
    assert called is not None
    more = {} if loss_fn is not None else back(called.more)
    function, place = loss_fn or called.function, called.place
    if place is None and not more:
        return function

    def loss(output: Any, target: Any) -> Tensor:
        value: Tensor = function(output if place is None else leaves(output)[place], target, **more)
        return value

    return loss


def _fit(loss: Any, target_of: Target, records: list[Record], *, loss_of_torch: bool) -> bool | None:
    """Whether it gives what ``backward()`` ran on, up to one factor; None: it cannot be computed."""
    values = []
    for record in records:
        if record.output is None or record.ran_on is None:
            continue
        try:
            with torch.no_grad(), quiet(nn.Identity(), loss):
                output = mapped(in_full, back(record.output))
                value = loss(output, back(target_of(record)))
            values.append((float(value.detach()), float(record.ran_on)))
        except Exception:  # another structure than the loss takes
            return None
    if not values and loss_of_torch and all(record.called is not None for record in records):  # no output was kept
        values = [(float(record.called.value), float(record.ran_on)) for record in records]  # type: ignore[union-attr]
    return _is_one_factor(values)


def in_full(tensor: Tensor) -> Tensor:
    """Half precision as autocast gives it to a loss."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


def _is_one_factor(values: list[tuple[Any, Any]]) -> bool:
    """Of all pairs, the second is the first times the same positive number; of one pair, times 1 over a whole one.

    Where all numbers are not finite, nothing speaks against it.
    """
    pairs = [(float(a), float(b)) for a, b in values if a is not None and b is not None]
    if pairs and not any(math.isfinite(a) or math.isfinite(b) for a, b in pairs):
        return True
    pairs = [(a, b) for a, b in pairs if math.isfinite(a) and math.isfinite(b) and a != 0]
    if not pairs:
        return False
    factors = [b / a for a, b in pairs]
    whole = 1 / factors[0] if factors[0] else math.nan
    if len(factors) == 1:
        return whole > 0.5 and abs(whole - round(whole)) < ALIKE * whole
    return factors[0] > 0 and all(abs(each - factors[0]) < ALIKE * factors[0] for each in factors)
