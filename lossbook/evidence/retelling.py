"""The loss of a loop told again, where it is no plain function of output and target that was called or given."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lossbook.evidence.keeper import Record, back
from lossbook.evidence.structure import leaves, mapped, tensors
from lossbook.evidence.surroundings import quiet
from lossbook.evidence.tape import Called, Ref, Tape, is_chosen, leading_to
from lossbook.evidence.window import CUTTING

ALIKE = 1e-3  #: relative difference between two values of a loss that were computed in the same way
DRAWN = 2.0  #: factor by which a loss may differ that draws other random numbers
SHAPING = ("view", "reshape", "expand", "unflatten", "new_zeros", "new_ones")  #: whose first size may be the batch's
ADDING = ("add", "add_", "__add__", "__radd__", "__iadd__")
CHOSEN = (
    "The loss holds what was drawn from the output, such as the actions of a policy, and its size says nothing of how "
    "good they are: no copy is trained on it."
)
Target = Callable[[Record], Any]


@dataclass(frozen=True)
class Retold:
    """The loss as a function of output and target, as one pass computed it."""

    calls: dict[int, Called]  #: those that lead to the loss, by their places on the tape, in their order
    end: Ref  #: the loss
    parts: tuple[Ref, ...]  #: of the target: none of them, the target itself, or a tuple of several; also cut ones
    size: int  #: examples of the pass
    constants: dict[Ref, Tensor]
    several: bool = False  #: the output is a tuple of those of all calls of the model
    factor: float = 1.0  #: of the loss

    def __call__(self, output: Any, target: Any) -> Tensor:
        """The loss; what the functions raise, it raises."""
        return self.with_results(output, target)[0]

    def with_results(self, output: Any, target: Any) -> tuple[Tensor, dict[int, list[Any]]]:
        """The loss, and what each call gave on the way, by its place."""
        outputs = [leaves(each) for each in output] if self.several else [leaves(output)]
        given = dict(zip(self.parts, target if len(self.parts) > 1 else [target], strict=False)) | self.constants
        size = next((len(each) for each in tensors(outputs) if each.ndim), self.size)
        results: dict[int, list[Any]] = {}

        def tensor(ref: Ref) -> Any:
            if ref in given:
                return given[ref]
            if ref.kind == "output":
                return outputs[ref.call][ref.place]
            return results[ref.place][ref.leaf]

        for place, call in self.calls.items():
            args, kwargs = mapped(tensor, (call.args, call.kwargs), Ref)
            if size != self.size and getattr(call.function, "__name__", "") in SHAPING:
                args = (args[0], *for_another_size(args[1:], self.size, size))
            results[place] = leaves(call.function(*args, **kwargs))
        loss: Tensor = tensor(self.end)
        return (loss if self.factor == 1 else self.factor * loss), results


def for_another_size(sizes: tuple[Any, ...], size: int, other: int) -> tuple[Any, ...]:
    """The sizes of a new shape, whose first one may be the number of examples, or a multiple of it."""
    if sizes and isinstance(sizes[0], (tuple, list)):
        return (for_another_size(tuple(sizes[0]), size, other), *sizes[1:])
    if not sizes or not isinstance(sizes[0], int) or sizes[0] <= 0 or sizes[0] % size:
        return sizes
    return (sizes[0] // size * other, *sizes[1:])


class Retelling(NamedTuple):
    """A loss that was found."""

    loss: Retold
    target_of: Target
    gap: str | None = None


def retold(records: list[Record], *, one_term: bool = False) -> Retelling | None:
    """What the first passes did with the output until ``backward()``, if that gives the numbers it ran on.

    Args:
        records: of the first passes.
        one_term: of a sum, tell only the term that is made of outputs and targets, whatever the numbers: the others
            are made of the weights, as a penalty is.
    """
    told = [record for record in records if record.tape is not None and record.output is not None]
    if one_term:
        told = [record._replace(end=_term(record.tape, record.end)) for record in told if record.tape is not None]
    if not told or told[0].tape is None or (calls := leading_to(told[0].tape, told[0].end)) is None:
        return None
    if is_chosen(calls):
        return None  # it says by its slope what to choose, and nothing by its size
    several, last = hangs_on_earlier(told[0]), len(told[0].earlier)
    if several:
        told = [record for record in told if len(record.earlier) == last]
    else:
        told, calls = [record._replace(earlier=()) for record in told], _counted_from(last, calls)
    size = next((len(each) for each in tensors(back(told[0].output)) if each.ndim), 0)
    needs = [ref for call in calls.values() for ref in call.needs]
    if not size or any(not 0 <= ref.call <= len(record.earlier) for ref in needs for record in told):
        return None
    if any(
        ref.kind == "foreign" and ref.place >= len(foreign_of(of_call(record, ref))) for ref in needs for record in told
    ):
        return None
    cuts = _cuts(calls, told, size)
    calls = {place: call for place, call in calls.items() if Ref("result", place) not in cuts}
    refs = dict.fromkeys(
        ref for call in calls.values() for ref in call.needs if ref.kind in ("foreign", "input") or ref in cuts
    )
    values = {ref: [_part(record, ref, cuts) for record in told] for ref in refs}
    constants = {ref: each[0] for ref, each in values.items() if _is_constant(each, size)}
    parts = tuple(ref for ref in refs if ref not in constants)

    def target_of(record: Record) -> Any:
        record = record if several else record._replace(earlier=())
        found = [_part(record, ref, cuts) for ref in parts]
        return None if not found else found[0] if len(found) == 1 else tuple(found)

    loss = Retold(calls, told[0].end, parts, size, constants, several=several)
    factors = _factors(loss, target_of, told)
    if one_term:
        return Retelling(loss, target_of) if factors and not any(call.draws for call in calls.values()) else None
    if factors and any(call.draws for call in calls.values()):
        alike = all(1 / DRAWN < each < DRAWN for each in factors)
        return Retelling(loss, target_of, "The loss draws random numbers: copies draw others.") if alike else None
    if not factors or factors[0] == 0 or any(abs(each - factors[0]) > ALIKE * abs(factors[0]) for each in factors):
        return None
    exact = abs(factors[0] - 1) < ALIKE  # else there is a scaler
    return Retelling(loss if exact else replace(loss, factor=factors[0]), target_of)


def _term(tape: Tape, end: Ref) -> Ref:
    """Of a sum, the only term that is made of outputs and targets alone; else the sum."""
    terms, known = [end], list[Ref]()
    while terms and len(known) < 2:
        term = terms.pop()
        call = tape.calls[term.place] if term.kind == "result" else None
        if leading_to(tape, term) is not None:
            known.append(term)
        elif call is not None and getattr(call.function, "__name__", "") in ADDING:
            terms += call.needs
    return known[0] if len(known) == 1 else end


def hangs_on_earlier(record: Record) -> bool:
    """Whether the loss hangs on the output of a call of the model before the last one."""
    calls = leading_to(record.tape, record.end) if record.tape is not None else None
    needs = [ref for call in (calls or {}).values() for ref in call.needs]
    return any(ref.kind == "output" and ref.call < len(record.earlier) for ref in needs)


def chooses(records: list[Record]) -> bool:
    """Whether the loss holds what was drawn from the output."""
    calls = [leading_to(each.tape, each.end) for each in records[:1] if each.tape is not None]
    return any(each is not None and is_chosen(each) for each in calls)


def _counted_from(first: int, calls: dict[int, Called]) -> dict[int, Called]:
    """The same, where another call of the model counts as the first one; what belongs to those before it is below 0."""

    def other(ref: Ref) -> Ref:
        return ref if ref.kind == "result" else replace(ref, call=ref.call - first)

    return {
        place: Called(call.function, *mapped(other, (call.args, call.kwargs, call.needs), Ref))
        for place, call in calls.items()
    }


def of_call(record: Record, ref: Ref) -> Record:
    """The record of the call to which a tensor belongs."""
    return (*record.earlier, record)[ref.call]


def foreign_of(record: Record) -> tuple[Any, ...]:
    """Tensors from elsewhere, such as the target."""
    return record.foreign or ((record.called.target,) if record.called is not None else ())


def _cuts(calls: dict[int, Called], records: list[Record], size: int) -> dict[Ref, Called]:
    """What is cut out of a target in the line of the loss, such as ``ids[:, 1:]``, and has a row for each example."""
    cuts = dict[Ref, Called]()
    for place, call in calls.items():
        known = len(call.needs) == 1 and (call.needs[0].kind in ("foreign", "input") or call.needs[0] in cuts)
        if not known or getattr(call.function, "__name__", "") not in CUTTING:
            continue
        made = Ref("result", place)
        pairs = [(_part(record, call.needs[0], cuts), _part(record, made, {**cuts, made: call})) for record in records]
        rows = [tuple(each.shape[:1]) for pair in pairs for each in tensors(pair)]
        less = all(len(tensors(pair)) == 2 and pair[1].numel() < pair[0].numel() for pair in pairs)
        if less and rows[:2] == [(size,), (size,)] and rows[::2] == rows[1::2]:
            cuts[made] = call
    return cuts


def _part(record: Record, ref: Ref, cuts: dict[Ref, Called]) -> Any:
    """A part of the target."""
    if ref in cuts:
        call = cuts[ref]
        args, kwargs = mapped(lambda need: _part(record, need, cuts), (call.args, call.kwargs), Ref)
        return call.function(*args, **kwargs)
    if ref.kind == "foreign":
        return back(foreign_of(of_call(record, ref))[ref.place])
    record = of_call(record, ref)
    return back(leaves((record.inputs, record.kwargs))[ref.place])


def _is_constant(values: list[Any], size: int) -> bool:
    """A tensor that is the same for each batch, and has no row for each example: weights of the classes, for one."""
    first = values[0]
    per_example = first.ndim > 0 and len(first) == size
    return not per_example and all(each.shape == first.shape and bool((each == first).all()) for each in values)


def _factors(loss: Retold, target_of: Target, records: list[Record]) -> list[float]:
    """What ``backward()`` ran on over what the loss gives; nothing if it cannot be computed, or is never finite.

    A number that is not finite where the other one is neither says nothing: weights have gone wrong before.
    """
    found = list[float]()
    for record in records:
        try:
            with torch.no_grad(), quiet(nn.Identity()):
                output = tuple(each.output for each in (*record.earlier, record)) if loss.several else record.output
                value = float(loss(mapped(in_full, back(output)), target_of(record)).detach())
        except Exception:  # it hangs on more than output and target
            return []
        ran_on = float(record.ran_on)
        if found and not math.isfinite(ran_on) and not math.isfinite(value):
            continue
        found.append(ran_on / value if value else math.nan)
    return found if all(map(math.isfinite, found)) else []


def in_full(tensor: Tensor) -> Tensor:
    """Half precision as autocast gives it to a loss."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
