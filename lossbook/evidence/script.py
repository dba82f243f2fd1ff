"""A step of a loop told as a whole: each call of the model, what is made of its output, and who gets that.

A loss that hangs on one output is a function of output and target. It is not where a later call of the model gets what
an earlier one gave, as a cell that is called for each place, or where the loss holds the output's gradient with respect
to the input. There a copy repeats all lines in their order.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lossbook.evidence.case import Batch
from lossbook.evidence.keeper import Placed, Record, back
from lossbook.evidence.retelling import SHAPING, for_another_size, foreign_of, of_call
from lossbook.evidence.snapshot import roots
from lossbook.evidence.structure import leaves, mapped, tensors
from lossbook.evidence.tape import Called, Model, Ref, whole

PartOf = Callable[[Model], Callable[..., Any]]


class Script:
    """The lines of a step. It is no dataclass, so that nothing looks for tensors within it.

    Args:
        calls: those that make the loss, by their places on the tape, in their order.
        end: the loss.
        given: the tensor of the batch, by its place among all, that stands for each ``Ref`` that is not made.
        wanted: the places of those that require a gradient.
        inputs: how many of them are the model's.
        size: examples of the batch.
        constants: numbers.
    """

    def __init__(
        self,
        calls: dict[int, Called],
        end: Ref,
        given: dict[Ref, int],
        wanted: frozenset[int],
        inputs: int,
        size: int,
        constants: dict[Ref, Tensor],
    ) -> None:
        self.calls, self.end, self.given, self.wanted = calls, end, given, wanted
        self.inputs, self.size, self.constants = inputs, size, constants
        self.models = [place for place, call in calls.items() if isinstance(call.function, Model)]
        self._for_models = made_by(calls, self.models)
        self.differentiates = any(call.function is torch.autograd.grad for call in calls.values())

    def is_like(self, other: Script) -> bool:
        """They do the same, whatever the tensors of their batches are."""
        if self.constants or other.constants:
            return False
        one, two = ((each.calls, each.end, each.given, each.wanted, each.inputs, each.size) for each in (self, other))
        try:
            return bool(one == two)
        except (RuntimeError, ValueError):  # arrays among the arguments
            return False

    def outputs(self, model: nn.Module, inputs: tuple[Tensor, ...]) -> Any:
        """What the model gives; a tuple if it is called often."""
        found = [results for _, results in self._run(_parts_of(model), inputs, self._for_models)[1].values()]
        return found[0] if len(found) == 1 else tuple(found)

    def loss(self, model: nn.Module | PartOf, inputs: tuple[Tensor, ...], target: Any) -> Tensor:
        """The loss of a batch, of a model or of what stands for its parts; what the functions raise, it raises."""
        part_of = _parts_of(model) if isinstance(model, nn.Module) else model
        rest = () if target is None else target if isinstance(target, tuple) else (target,)
        loss: Tensor = self._run(part_of, (*inputs, *rest), set(self.calls))[0](self.end)
        return loss if torch.is_grad_enabled() else loss.detach()

    def _run(self, part_of: PartOf, batch: tuple[Tensor, ...], places: set[int]) -> tuple[Any, dict[int, Any]]:
        """The lines at these places. Returns a function that gives a tensor, and the outputs, by call."""
        size = next((len(each) for each in tensors(batch) if each.ndim), self.size)
        given = [each.detach().requires_grad_() if i in self.wanted else each for i, each in enumerate(batch)]
        results, outputs = dict[int, list[Any]](), dict[int, tuple[list[Any], Any]]()

        def tensor(ref: Ref) -> Any:
            if ref in self.constants:
                return self.constants[ref]
            if ref in self.given:
                return given[self.given[ref]]
            return outputs[ref.call][0][ref.place] if ref.kind == "output" else results[ref.place][ref.leaf]

        with torch.enable_grad() if self.differentiates else nullcontext():
            for place, call in self.calls.items():
                if place not in places or Ref("result", place) in self.given:
                    continue  # it is not wanted, or draws what is known
                args, kwargs = mapped(tensor, (call.args, call.kwargs), Ref)
                if isinstance(call.function, Model):
                    output = part_of(call.function)(*args, **kwargs)
                    outputs[call.function.call] = leaves(output), output
                    continue
                if size != self.size and getattr(call.function, "__name__", "") in SHAPING:
                    args = (args[0], *for_another_size(args[1:], self.size, size))
                results[place] = leaves(call.function(*args, **kwargs))
        return tensor, outputs


def _parts_of(model: nn.Module) -> PartOf:
    parts = roots(model)
    return lambda called: model if called.root is None else parts[called.root]


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


def _is_fed(calls: dict[int, Called], place: int) -> bool:
    """It is a call of the model that gets what another one gave, or what is made of it, or it is not known what."""
    call = calls[place]
    if not isinstance(call.function, Model) or all(ref.kind in ("input", "foreign") for ref in call.needs):
        return False
    return any(ref.kind in ("output", "unknown") for made in made_by(calls, [place]) for ref in calls[made].needs)


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


def made_by(calls: dict[int, Called], ends: list[int]) -> set[int]:
    """The places of these calls and of all functions that make what they get."""
    places = set(ends)
    for place, call in reversed(calls.items()):
        written = call.writes
        if place in places or (written is not None and written.kind == "result" and written.place in places):
            places |= {place, *(ref.place for ref in call.needs if ref.kind == "result")}
    return places


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
