"""Which steps must be told as a whole, and how one is told from its record."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from lossbook.evidence.case import Batch
from lossbook.evidence.keeper import Placed, Record, back
from lossbook.evidence.retelling import foreign_of, hangs_on_earlier, of_call
from lossbook.evidence.script import Script
from lossbook.evidence.structure import leaves, tensors
from lossbook.evidence.tape import Called, Model, Ref, leading_to, made_by, whole


class Told(NamedTuple):
    """A step told from one record."""

    script: Script
    inputs: tuple[Placed, ...]
    rest: tuple[Placed, ...]

    @property
    def batch(self) -> Batch:
        """The batch, as it is when this is all that is known."""
        target = None if not self.rest else self.rest[0] if len(self.rest) == 1 else self.rest
        return Batch(back(self.inputs), {}, back(target), len(self.script.models), self.script)


def is_needed(record: Record) -> bool:
    """Whether the loss cannot be a function of outputs and targets.

    It can where one call gives the output, and others have only made its input, without a gradient, as where examples
    are made harder.
    """
    calls = None if record.tape is None else whole(record.tape, record.end)
    if calls is None:
        return False
    lines = made_by(calls, [record.end.place]) if record.end.kind == "result" else set[int]()
    needs = [record.end, *(ref for place in lines for ref in calls[place].needs)]
    wanted = {ref.call for ref in needs if ref.kind == "output"}
    fed = [call.function for place, call in calls.items() if _is_fed(calls, place) and call.function.call in wanted]
    slopes = any(calls[place].function is torch.autograd.grad for place in lines)
    return slopes or any(each.has_slopes for each in fed) or (bool(fed) and len(wanted) > 1)


def is_chained(record: Record) -> bool:
    """Whether the last call of the model got something that must be made again, with its gradient."""
    calls = {} if record.tape is None else dict(enumerate(record.tape.calls))
    last = [place for place, call in calls.items() if isinstance(call.function, Model)][-1:]
    return any(calls[place].function.has_slopes and _is_fed(calls, place) for place in last)


def draws_between(record: Record) -> bool:
    """Whether the loss of several outputs holds random numbers: the model may have got them, too."""
    calls = leading_to(record.tape, record.end) if record.tape is not None and hangs_on_earlier(record) else None
    return any(call.draws for call in (calls or {}).values())


def is_of_single_numbers(record: Record) -> bool:
    """Whether the loss hangs on several calls that give one number each, as where examples come one by one."""
    return hangs_on_earlier(record) and not any(each.ndim for each in tensors(back(record.output)))


def uses_weights(record: Record) -> bool:
    """Whether the loop uses weights of the model besides its calls, and how is known."""
    calls = None if record.tape is None or leading_to(record.tape, record.end) else whole(record.tape, record.end)
    return any(ref.kind == "parameter" for call in (calls or {}).values() for ref in call.needs)


def _is_fed(calls: dict[int, Called], place: int) -> bool:
    """It is a call of the model that gets what is made of another one, of weights, or of it is not known what."""
    call = calls[place]
    if not isinstance(call.function, Model) or all(ref.kind in ("input", "foreign") for ref in call.needs):
        return False
    made_of = {ref.kind for made in made_by(calls, [place]) for ref in calls[made].needs}
    return bool(made_of & {"output", "unknown", "parameter"})


def told_as_a_whole(record: Record) -> Told | None:
    """The script of a step; None if something in it is not known."""
    calls = None if record.tape is None else whole(record.tape, record.end)
    if calls is None:
        return None
    every = (*record.earlier, record)
    drawn = {ref: value for each in every for ref, value in each.values.items()}
    models = [place for place, call in calls.items() if isinstance(call.function, Model)]
    numbers = [call.function.call for call in record.tape.calls if isinstance(call.function, Model)]  # type: ignore[union-attr]
    if numbers != list(range(len(every))):
        return None  # not all of them were kept
    if any(call.draws and Ref("result", place) not in drawn for place, call in calls.items()):
        return None
    early = made_by(calls, models)
    first = dict.fromkeys(ref for place in sorted(early) for ref in calls[place].needs)
    refs = dict.fromkeys([*first, *(ref for call in calls.values() for ref in call.needs)])
    wanted = [ref for ref in refs if ref.kind in ("input", "foreign") or ref in drawn]
    copies = {ref: copy for ref in wanted if (copy := _copy(record, ref, drawn)) is not None}
    if not copies or len(copies) < len(wanted):
        return None
    constants = {
        ref: copy.back()
        for ref, copy in copies.items()
        if copy.tensor.ndim == 0 and not copy.is_wanted and ref not in first
    }
    stored = {ref: copy for ref, copy in copies.items() if ref not in constants}
    order = {id(stored[ref]): stored[ref] for ref in [*filter(stored.__contains__, first), *stored]}
    slots = {key: place for place, key in enumerate(order)}
    given = {ref: slots[id(copy)] for ref, copy in stored.items()}
    inputs = len({given[ref] for ref in first if ref in given})
    placed = tuple(order.values())
    slopes = frozenset(place for place, copy in enumerate(placed) if copy.is_wanted)
    size = next((len(copy.tensor) for copy in placed if copy.tensor.ndim), 0)
    script = Script(calls, record.end, given, slopes, inputs, size, constants)
    return Told(script, placed[:inputs], placed[inputs:])


def _copy(record: Record, ref: Ref, drawn: dict[Ref, Placed]) -> Placed | None:
    if ref in drawn:
        return drawn[ref]
    if ref.call < 0:  # from before the first call
        among: Any = (*record.earlier, record)[0].before
    else:
        one = of_call(record, ref)
        among = leaves((one.inputs, one.kwargs)) if ref.kind == "input" else foreign_of(one)
    copy = among[ref.place] if ref.place < len(among) else None
    return copy if isinstance(copy, Placed) else None
