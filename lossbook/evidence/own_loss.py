"""The loss that a model computes itself, beside an output of which it is made, as one of that output and a target.

The large libraries' models take the targets as an argument and return the loss with the scores. Without the targets
they return the scores alone: the training is then one of scores and targets like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence.case import Batch
from lossbook.evidence.keeper import Record, back
from lossbook.evidence.retelling import ALIKE, Retold
from lossbook.evidence.snapshot import unwrapped
from lossbook.evidence.structure import leaves, tensors
from lossbook.evidence.surroundings import quiet
from lossbook.evidence.tape import UNKNOWN, Ref, Tape, leading_to


class OwnPair(NamedTuple):
    """A model's own loss as one of its output and a target."""

    loss: Retold
    batch_of: Callable[[Record], Batch]


class _Writes(TorchFunctionMode):
    """Keeps all that functions of torch get and give."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, Any]] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, result))
        return result


def own_pair(model: nn.Module, record: Record, place: int) -> OwnPair | None:
    """The loss of a model, if it is made of one other output and of one argument, without which it gives the same.

    Args:
        model: as it was at the start.
        record: of the first pass.
        place: of the loss among the leaves of the output.
    """
    try:
        return _found(copied_model(unwrapped(model), shared=[]), record, place)
    except Exception:  # of the model's own code, which takes no other arguments
        return None


def _found(model: nn.Module, record: Record, place: int) -> OwnPair | None:
    args, kwargs = back((record.inputs, record.kwargs))
    given = leaves((args, kwargs))
    with torch.enable_grad(), quiet(model), _Writes() as written:
        output = leaves(model.train()(*args, **kwargs))
    calls = leading_to(*_told(written, given, output, place))
    if calls is None:
        return None
    needs = [ref for call in calls.values() for ref in call.needs]
    wanted, asked = ({ref for ref in needs if ref.kind == kind} for kind in ("output", "input"))
    if len(wanted) != 1 or len(asked) != 1:
        return None
    (score,), (asked_for,) = wanted, asked
    scores, target = output[score.place], given[asked_for.place]
    without = _without(args, kwargs, target)
    if without is None or not scores.ndim or len(scores) != len(target):
        return None
    with torch.no_grad(), quiet(model):
        both, alone = leaves(model.eval()(*args, **kwargs)), model(*without[0], **without[1])
    same = [
        i for i, each in enumerate(leaves(alone)) if isinstance(each, Tensor) and _are_equal(each, both[score.place])
    ]
    if not same:
        return None
    loss = Retold(calls, Ref("result", _last(calls)), (asked_for,), len(scores), {}, leaf=score.place)
    if not _are_equal(loss(scores, target), output[place]):
        return None
    path, leaf = _path(args, kwargs, target), None if isinstance(alone, Tensor) else same[0]

    def batch_of(record: Record) -> Batch:
        args, kwargs = back((record.inputs, record.kwargs))
        target = kwargs[path] if isinstance(path, str) else args[path]
        rest = _without(args, kwargs, target)
        assert rest is not None
        return Batch(rest[0], rest[1], target, place=leaf)

    return OwnPair(loss, batch_of)


def _told(written: _Writes, given: list[Any], output: list[Any], place: int) -> tuple[Tape, Ref]:
    """What was called in the pass, as a tape that begins at what the model gives besides the loss."""
    refs = {id(each): Ref("input", i) for i, each in enumerate(given) if isinstance(each, Tensor)}
    results, tape = dict[int, Ref](), Tape()
    known = {id(each): Ref("output", i) for i, each in enumerate(output) if isinstance(each, Tensor) and i != place}

    def ref_of(tensor: Tensor) -> Ref:
        return known.get(id(tensor)) or results.get(id(tensor)) or refs.get(id(tensor)) or UNKNOWN

    for function, args, kwargs, result in written.calls:
        number = tape.note(function, args, kwargs, ref_of)
        for leaf, each in enumerate(leaves(result)):
            if isinstance(each, Tensor) and number is not None:
                results[id(each)] = Ref("result", number, leaf)
    return tape, results.get(id(output[place]), UNKNOWN)


def _last(calls: dict[int, Any]) -> int:
    return max(calls)


def _path(args: tuple[Any, ...], kwargs: dict[str, Any], target: Tensor) -> str | int | None:
    """Its name or its place among the arguments; None if it is within one of them."""
    name = next((name for name, each in kwargs.items() if each is target), None)
    return name if name is not None else next((i for i, each in enumerate(args) if each is target), None)


def _without(args: tuple[Any, ...], kwargs: dict[str, Any], target: Tensor) -> tuple[Any, Any] | None:
    path = _path(args, kwargs, target)
    if path is None or not tensors((args, kwargs))[1:]:
        return None
    if isinstance(path, str):
        return args, {name: each for name, each in kwargs.items() if name != path}
    return tuple(None if i == path else each for i, each in enumerate(args)), kwargs


def _are_equal(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one.double(), other.double(), rtol=ALIKE, equal_nan=True)
