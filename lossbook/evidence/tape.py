"""What a loop makes of the model's output until ``backward()``, as a function that can be computed again.

Losses are rarely a plain call with the output itself: it is reshaped, masked, or one of several terms. The tape of a
pass holds the functions of torch that were called between the output and the loss, in their order. Tensors that come
from elsewhere, such as the target, are the other arguments of the function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from lossbook.evidence.structure import mapped

DRAWS = re.compile("rand|.*dropout|gumbel|(normal|bernoulli|multinomial|poisson|uniform|exponential)_?$")
CHOICES = ("multinomial", "bernoulli", "bernoulli_", "poisson", "binomial", "normal")  #: no gradient comes back
MOST_CALLS = 10_000  #: of functions that one tape holds


@dataclass(frozen=True)
class Ref:
    """Where a tensor comes from."""

    kind: str  #: "output", "foreign", "input", "result" of a call, "parameter", or "unknown"
    place: int = 0  #: which leaf of the output or of the input, foreign tensor, or parameter of the model; which call's
    leaf: int = 0  #: of the result of the call
    call: int = 0  #: of "output", "foreign", "input": which call of the model within one step it belongs to


UNKNOWN = Ref("unknown")


@dataclass(frozen=True)
class Model:
    """Stands on a tape for the model itself."""

    call: int  #: which of the calls within one step
    root: int | None = None  #: which part of a container was called
    has_slopes: bool = False  #: it got something that must be made again and requires a gradient


@dataclass(frozen=True)
class Called:
    """A call of a function of torch, or of the model, with a ``Ref`` in the place of each tensor."""

    function: Any  #: of torch, or a ``Model``
    args: Any
    kwargs: Any
    needs: tuple[Ref, ...]

    @property
    def draws(self) -> bool:
        """Whether it gives random numbers."""
        return DRAWS.match(getattr(self.function, "__name__", "")) is not None

    @property
    def writes(self) -> Ref | None:
        """The tensor that it changes in place."""
        name = getattr(self.function, "__name__", "")
        private = name.startswith("__")
        changes = name in ("__setitem__",) or (name.startswith("__i") if private else name.endswith("_"))
        return self.needs[0] if changes and self.needs else None


class Tape:
    """The calls of one pass. It holds no tensor."""

    def __init__(self) -> None:
        self.calls: list[Called] = []
        self.met_others = False  #: the loss may go through weights that are not the model's
        self.met_numbers = False  #: it holds numbers that another net gave

    def note(self, function: Callable[..., Any], args: Any, kwargs: Any, ref_of: Callable[[Tensor], Ref]) -> int | None:
        """Write a call down; returns its place, or None if the tape is full."""
        if len(self.calls) == MOST_CALLS:
            return None
        needs: list[Ref] = []

        def ref(tensor: Tensor) -> Ref:
            needs.append(ref_of(tensor))
            return needs[-1]

        args, kwargs = mapped(tuple, (args, kwargs), torch.Size)
        args, kwargs = mapped(ref, (args, kwargs))
        self.add(Called(function, args, kwargs, tuple(needs)))
        return len(self.calls) - 1

    def add(self, call: Called) -> None:
        """Write down one that is made up."""
        self.calls.append(call)


def leading_to(tape: Tape, end: Ref) -> dict[int, Called] | None:
    """The functions that make the loss of the outputs, by their places on the tape.

    None if one of them got a tensor of which nothing is known, or none an output.
    """
    calls, needs = dict[int, Called](), [end]
    wanted = {end.place} if end.kind == "result" else set[int]()
    for place in reversed(range(len(tape.calls))):
        call = tape.calls[place]
        written = call.writes
        if place in wanted or (written is not None and written.kind == "result" and written.place in wanted):
            if written is not None and written.kind not in ("result", "output"):
                return None  # to repeat it would change the target
            calls[place] = call
            needs += call.needs
            wanted |= {ref.place for ref in call.needs if ref.kind == "result"}
    kinds = {ref.kind for ref in needs}
    return dict(sorted(calls.items())) if "output" in kinds and not kinds & {"unknown", "parameter"} else None


def whole(tape: Tape, end: Ref) -> dict[int, Called] | None:
    """All that makes the loss, with the calls of the model, and with what makes their arguments; else as above."""
    calls, wanted, needs = dict[int, Called](), {_made(end)}, {end}
    for place in reversed(range(len(tape.calls))):
        call, written = tape.calls[place], tape.calls[place].writes
        made = Ref("output", call=call.function.call) if isinstance(call.function, Model) else Ref("result", place)
        if made not in wanted and (written is None or _made(written) not in wanted):
            continue
        if written is not None and written.kind not in ("result", "output"):
            return None  # to repeat it would change the batch
        calls[place] = call
        needs.update(call.needs)
        wanted.update(map(_made, call.needs))
    calls_model = any(isinstance(call.function, Model) for call in calls.values())
    return dict(sorted(calls.items())) if calls_model and all(ref.kind != "unknown" for ref in needs) else None


def made_by(calls: dict[int, Called], ends: list[int]) -> set[int]:
    """The places of these calls and of all functions that make what they get."""
    places = set(ends)
    for place, call in reversed(calls.items()):
        written = call.writes
        if place in places or (written is not None and written.kind == "result" and written.place in places):
            places |= {place, *(ref.place for ref in call.needs if ref.kind == "result")}
    return places


def is_chosen(calls: dict[int, Called]) -> bool:
    """Whether something in the loss is drawn from what the model gives, such as the action of a policy.

    What is drawn beside the output, or mixed with it, is noise.
    """
    choices = [place for place, call in calls.items() if getattr(call.function, "__name__", "") in CHOICES]
    return any(
        ref.kind == "output" for place in choices for made in made_by(calls, [place]) for ref in calls[made].needs
    )


def _made(ref: Ref) -> Ref:
    """The call that made it, whichever of its results it is."""
    return Ref("output", call=ref.call) if ref.kind == "output" else replace(ref, leaf=0)
