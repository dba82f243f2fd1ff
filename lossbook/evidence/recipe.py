"""What a training goes down on, worked out from what was seen of its first steps."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lossbook.evidence.case import Batch, pair_loss
from lossbook.evidence.keeper import Record, back
from lossbook.evidence.one_output import OfLeaf
from lossbook.evidence.own_numbers import found_weights, sum_of
from lossbook.evidence.retelling import ALIKE, CHOSEN, Retelling, Target, chooses, in_full, retold
from lossbook.evidence.scripted import UNTOLD, UNTOLD_SLOPES, found_steps, must_be_whole
from lossbook.evidence.snapshot import Snapshot
from lossbook.evidence.structure import leaves, mapped
from lossbook.evidence.surroundings import quiet
from lossbook.evidence.telling import is_chained, is_needed, uses_weights
from lossbook.evidence.window import LOSSES

SEVERAL = (
    "backward() ran on something else than the loss of output and target: a sum of several terms, or a penalty. "
    "Copies are trained on the loss of output and target alone."
)
CONTAINER = (
    "The model is a container of several nets, and it was not seen how one loss hangs on all their calls: no copy is "
    "trained."
)
UNSEEN = "The loss was not seen: give loss_fn=, a function of (output, target)."
THROUGH_OTHERS = (
    "The loss goes through weights that are not the model's, as where another net gets the output: no copy is trained."
)
EXACT = 1e-5  #: as ``ALIKE``, where the factor is neither a whole number nor 1 over one: it may be a small penalty


class Recipe(NamedTuple):
    """How the loss of a batch is computed."""

    loss: Callable[[Any, Any], Tensor] | None
    loss_of: Callable[[nn.Module, Batch], Tensor] | None
    target_of: Target | None  #: None: the targets were not seen
    gap: str | None = None
    is_sure: bool = True  #: it gives the numbers that ``backward()`` ran on, but for ``factor``
    factor: float = 1.0  #: what they are of the loss: 1/4, say, where the gradients of four batches are added up
    several: bool = False  #: a step calls the model several times, and the loss hangs on all their outputs
    batch_of: Callable[[Record], Batch | None] | None = None  #: where each step is told as a whole


class First(NamedTuple):
    """What the first step began with."""

    start: Snapshot
    slope: float | None  #: the norm of the gradient; None if it is not known
    is_container: bool  #: the loop calls parts of the model


def found_recipe(
    records: list[Record],
    loss_fn: Callable[..., Any] | None,
    *,
    accumulates: bool = False,
    first: First | None = None,
) -> Recipe:
    """How the loss is computed: by the first of these that fits.

    They are: the whole step, where a call of the model gets what another one gave; the model's own loss; a function of
    output and target that gives the numbers that ``backward()`` ran on; what the loop did with the output, told again;
    a function that gives the numbers but for a factor.

    Args:
        records: of the first steps.
        loss_fn: as the reader gave it, or None.
        accumulates: several backward passes make a step, each of a part of the loss.
        first: what the first step began with.
    """
    is_container = first is not None and first.is_container
    others = any(record.tape is not None and record.tape.met_others for record in records)
    if is_container or must_be_whole(records):
        if first is not None and (steps := found_steps(records, first.start, first.slope)) is not None:
            return Recipe(None, steps.loss_of, lambda record: None, batch_of=steps.batch_of)
        if is_container:
            return Recipe(None, None, None, CONTAINER)
        if is_chained(records[0]) or is_needed(records[0]):
            gap = UNTOLD if is_chained(records[0]) else UNTOLD_SLOPES
            return Recipe(None, None, None, THROUGH_OTHERS if others else gap)
    loss_fn = of_a_pair(loss_fn)
    places = {record.ran_on_place for record in records}
    if len(places) == 1 and (place := places.pop()) is not None:
        return Recipe(None, sum_of({place: 1.0}), lambda record: None)
    best: tuple[Any, Target, float] | None = None
    for loss, target_of in _pairs(records, loss_fn):
        factor = _fit(loss, target_of, records, loss_of_torch=loss_fn is None)
        if factor is None:
            continue
        if factor and (accumulates or abs(factor - 1) < ALIKE):
            doubtful = abs(factor - 1) > EXACT or _are_spread(records[0], target_of)
            # what the loop did is surer than a loss whose values come near it
            if doubtful and not accumulates and (told := retold(records)) is not None:
                return _as_told(told)
            if loss is not loss_fn and not accumulates and (whole := _sum_of_losses(records)) is not None:
                return whole  # the others are too small to be seen in its numbers
            return Recipe(loss, pair_loss(loss), target_of, factor=factor)
        if best is None or (factor and not best[2]):
            best = loss, target_of, factor
    if (told := retold(records)) is not None:
        return _as_told(told)
    if best is not None:
        loss, target_of, factor = best
        return Recipe(loss, pair_loss(loss), target_of, None if factor else SEVERAL, is_sure=bool(factor))
    if (told := retold(records, one_term=True)) is not None:
        return Recipe(told.loss, pair_loss(told.loss), told.target_of, SEVERAL, is_sure=False)
    by_weights = first is not None and records and uses_weights(records[0])
    if by_weights and (steps := found_steps(records, first.start, first.slope)) is not None:  # type: ignore[union-attr]
        return Recipe(None, steps.loss_of, lambda record: None, batch_of=steps.batch_of)
    if loss_fn is not None and not others:
        return Recipe(loss_fn, pair_loss(loss_fn), None)
    for place in records[0].own if records else ():
        if factor := _one_factor([(record.own.get(place), record.ran_on) for record in records]):
            return Recipe(None, sum_of({place: 1.0}), lambda record: None, factor=factor)
    if (weights := found_weights(records)) is not None:
        return Recipe(None, sum_of(weights), lambda record: None)
    return Recipe(None, None, None, THROUGH_OTHERS if others else CHOSEN if chooses(records) else UNSEEN)


def _as_told(told: Retelling) -> Recipe:
    return Recipe(told.loss, pair_loss(told.loss), told.target_of, told.gap, several=told.loss.several)


def _sum_of_losses(records: list[Record]) -> Recipe | None:
    """What the loop did, if it made several losses of the output, one of which may be all that the numbers show."""
    told = retold(records)
    if told is None or told.gap is not None or sum(call.function in LOSSES for call in told.loss.calls.values()) < 2:
        return None
    return _as_told(told)


def of_a_pair(loss_fn: Callable[..., Any] | None) -> Callable[[Any, Any], Any] | None:
    """A loss of an output and several targets as one of an output and their tuple; any other as it is.

    >>> of_a_pair(lambda output, kind, box: output + kind * box)(1, (2, 3))
    7
    """
    if loss_fn is None or isinstance(loss_fn, torch.nn.modules.loss._Loss):
        return loss_fn
    try:
        wanted = inspect.signature(loss_fn.forward if isinstance(loss_fn, nn.Module) else loss_fn).parameters.values()
    except (TypeError, ValueError):  # a function that is not written in Python
        return loss_fn
    named = [each for each in wanted if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD]
    return OfSeveral(loss_fn) if len(named) > 2 else loss_fn


@dataclass(frozen=True)
class OfSeveral:
    """See :func:`of_a_pair`."""

    loss_fn: Callable[..., Any]

    def __call__(self, output: Any, target: Any) -> Any:
        """The loss."""
        return self.loss_fn(output, *target)


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


def _are_spread(record: Record, target_of: Target) -> bool:
    """Whether output and target would meet as all pairs; far apart, these cost nearly what those that belong do."""
    parts = mapped(in_full, back(record.output)), back(target_of(record))
    if not all(isinstance(each, Tensor) and each.is_floating_point() for each in parts):
        return False
    output, target = parts
    return output.shape != target.shape and output.numel() == target.numel()


def _called_loss(record: Record, loss_fn: Callable[..., Any] | None) -> Callable[[Any, Any], Tensor]:
    """The function of torch that was called, with its other arguments; or the reader's."""
    called = record.called
    assert called is not None
    more = {} if loss_fn is not None else back(called.more)
    function, place = loss_fn or called.function, called.place
    if place is None and not more:
        return function
    return OfLeaf(function, place, more)


def _fit(loss: Any, target_of: Target, records: list[Record], *, loss_of_torch: bool) -> float | None:
    """The factor by which it gives what ``backward()`` ran on, 0 if there is none; None: it cannot be computed."""
    values = []
    for record in records:
        if record.output is None or record.ran_on is None:
            continue
        try:
            with torch.no_grad(), quiet(nn.Identity()):
                output = mapped(in_full, back(record.output))
                value = loss(output, back(target_of(record)))
            values.append((float(value.detach()), float(record.ran_on)))
        except Exception:  # another structure than the loss takes
            return None
    if not values and loss_of_torch and all(record.called is not None for record in records):  # no output was kept
        values = [(float(record.called.value), float(record.ran_on)) for record in records]  # type: ignore[union-attr]
    return _one_factor(values)


def _one_factor(values: list[tuple[Any, Any]]) -> float:
    """By what positive number all first ones give the second; of one pair, 1 over a whole number. 0: by none.

    Where all numbers are not finite, nothing speaks against 1.
    """
    pairs = [(float(a), float(b)) for a, b in values if a is not None and b is not None]
    if pairs and not any(math.isfinite(a) or math.isfinite(b) for a, b in pairs):
        return 1.0
    pairs = [(a, b) for a, b in pairs if math.isfinite(a) and math.isfinite(b) and a != 0]
    factors = [b / a for a, b in pairs]
    if not factors or not factors[0] > 0:
        return 0.0
    if len(factors) == 1:
        whole = 1 / factors[0]
        return factors[0] if whole > 0.5 and abs(whole - round(whole)) < ALIKE * whole else 0.0
    is_usual = any(abs(each - round(each)) < ALIKE * each for each in (factors[0], 1 / factors[0]) if each > 0.5)
    most = (ALIKE if is_usual else EXACT) * factors[0]
    return factors[0] if all(abs(each - factors[0]) < most for each in factors) else 0.0
