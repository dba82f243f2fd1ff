"""A training of a function of one output and its target, made of one whose model gives several things at once.

A model may get the target among its arguments and give its own loss beside the output, or give a dict or a tuple, of
which the loss gets one tensor. The batches then say which leaf the output is, and the loss gets that leaf alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence.case import Batch, Case, pair_loss
from lossbook.evidence.snapshot import unwrapped
from lossbook.evidence.structure import leaves, mapped
from lossbook.evidence.surroundings import draws_kept, quiet
from lossbook.evidence.window import LOSSES


@dataclass(frozen=True)
class OfLeaf:
    """A loss of torch, of one leaf of the output; of rows in one long list, if it got them so."""

    function: Callable[..., Tensor]
    place: int | None  #: which leaf; None: the output itself
    more: dict[str, Any]
    flat: bool = False
    factor: float = 1.0

    def __call__(self, output: Any, target: Any) -> Tensor:
        """The loss."""
        given = output if self.place is None else leaves(output)[self.place]
        if self.flat:
            given, target = given.reshape(-1, given.shape[-1]), target.reshape(-1)
        value = self.function(given, target, **self.more)
        return value if self.factor == 1.0 else self.factor * value


class _Call(NamedTuple):
    function: Callable[..., Tensor]
    given: Tensor
    target: Any
    more: dict[str, Any]
    value: Any


class _Listens(TorchFunctionMode):
    """Notes every loss of torch that is computed."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[_Call] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        value = func(*args, **kwargs)
        if func in LOSSES:
            named = dict(zip(("input", "target"), args, strict=False)) | kwargs
            more = {name: each for name, each in kwargs.items() if name not in ("input", "target")}
            self.calls.append(_Call(func, named.get("input"), named.get("target"), more, value))
        return value


CLOSE = 1e-5  # relative difference of two factors that are one but for rounding


def of_one_leaf(case: Case) -> Case:
    """The case whose batches give the leaf of the output that the loss gets; the same one where it gets all of it.

    And where other leaves are there to be trained, too, but are not.
    """
    loss = case.loss
    if not isinstance(loss, OfLeaf) or loss.place is None or _others_are_wanted(case):
        return case
    function = replace(loss, place=None) if loss.more or loss.flat else loss.function
    return with_other_batches(case, function, lambda batch: batch._replace(place=loss.place))


def _others_are_wanted(case: Case) -> bool:
    """Whether parameters get no gradient, or the loop makes a loss of another leaf, on which no backward pass ran."""
    return bool(case.seen.no_gradient or case.seen.passed_over)


def of_own_loss(case: Case) -> Case:
    """The case whose target is no argument of the model any longer, where the model makes its loss of these two.

    So it is if a loss of torch is computed of a leaf of the output and of an argument, gives the loss that is returned,
    or a multiple of it, and the model gives that leaf without this argument as well; of the first batch and of the
    last one, in train mode and in eval mode. Else it is the same.
    """
    try:
        with draws_kept(), torch.no_grad():
            found = None if _others_are_wanted(case) else _found(case)
    except Exception:  # the reader's own code
        found = None
    if found is None:
        return replace(case, held_out=None) if case.held_out is not None and case.held_out.target is None else case
    loss, place, at = found
    return with_other_batches(case, loss, lambda batch: _without(batch, _where(batch, at))._replace(place=place))


def of_a_dict(case: Case) -> Case:
    """The case whose model does not get the target within its dict of inputs, where it does as well without.

    The same one where the target is an input that it needs, as that of an autoencoder.
    """
    batch = case.batches[0]
    given = batch.inputs[0] if len(batch.inputs) == 1 and not batch.kwargs else None
    if type(given) is not dict or not isinstance(batch.target, Tensor):
        return case
    named = [name for name, each in given.items() if _same(each, batch.target)]
    if len(named) != 1:
        return case

    def less(batch: Batch) -> Batch:
        (given,) = batch.inputs
        return batch._replace(inputs=({name: each for name, each in given.items() if name != named[0]},))

    try:
        model = copied_model(unwrapped(case.start.model), shared=[])
        for training in (False, True):
            made = []
            for each in (batch, less(batch)):
                with draws_kept(), torch.no_grad(), quiet(model):
                    made.append(leaves(_made(model.train(training), each)[0]))
            one, other = made
            if len(one) != len(other) or not all(map(_same, one, other)):
                return case
        return with_other_batches(case, case.loss, less) if case.loss is not None else case
    except Exception:  # the reader's own code
        return case


def with_other_batches(case: Case, loss: Callable[[Any, Any], Tensor], of: Callable[[Batch], Batch]) -> Case:
    """The case whose batches are made anew, and whose loss is a function of their outputs and targets."""
    bad = case.seen.first_bad
    seen = replace(case.seen, first_bad=bad._replace(batch=of(bad.batch))) if bad and bad.batch else case.seen
    return replace(
        case,
        seen=seen,
        loss=loss,
        loss_of=None if case.loss_of is None else pair_loss(loss),
        batches=tuple(map(of, case.batches)),
        held_out=None if case.held_out is None else of(case.held_out),
        unvaried=tuple(map(of, case.unvaried)),
    )


def _found(case: Case) -> tuple[Callable[[Any, Any], Tensor], int, str | int] | None:
    """The loss, the place of its leaf without the argument, and that argument's name or place."""
    batch = case.batches[0]
    model = copied_model(unwrapped(case.start.model), shared=[])
    names: list[str | int] = [name for name, each in batch.kwargs.items() if isinstance(each, Tensor)]
    if len(batch.inputs) > 1 and not batch.kwargs:
        names = [len(batch.inputs) - 1]
    if batch.calls > 1 or batch.script is not None:
        return None
    found = None
    for training, batch in product((False, True), case.batches[:: max(len(case.batches) - 1, 1)][:2]):
        with quiet(model):
            output, calls = _made(model.train(training), batch)
        called = calls[0] if len(calls) == 1 else None
        singles = [each for each in leaves(output) if isinstance(each, Tensor) and each.ndim == 0]
        if called is None or len(singles) != 1:
            return None
        named = [at for at in names if _same_memory(_argument(batch, at), called.target)]
        places = [place for place, each in enumerate(leaves(output)) if _same_memory(each, called.given)]
        if len(named) != 1 or len(places) != 1:
            return None
        leaf, factor = leaves(output)[places[0]], _factor(singles[0], called.value, found and found[0].factor)
        flat = leaf.shape != called.given.shape
        if factor is None or (flat and called.given.shape != leaf.reshape(-1, leaf.shape[-1]).shape):
            return None
        with quiet(model):
            alone = leaves(_made(model.train(training), _without(batch, named[0]))[0])
        again = [place for place, each in enumerate(alone) if isinstance(each, Tensor) and _same(each, leaf)]
        if len(again) != 1:
            return None
        more = mapped(lambda each: each.detach().clone(), called.more)
        found = OfLeaf(called.function, None, more, flat, factor), again[0], named[0]
    if found is None:
        return None
    loss = found[0]
    return (loss if loss.more or loss.flat or loss.factor != 1.0 else loss.function), *found[1:]


def _factor(value: Tensor, of_torch: Any, before: float | None) -> float | None:
    """What the loss is of that of torch, the same as before; None if it is no multiple of it."""
    if _same(value, of_torch):
        return 1.0 if before in (None, 1.0) else None
    if not isinstance(of_torch, Tensor) or of_torch.ndim or not float(of_torch):
        return None
    factor = float(value) / float(of_torch)
    if before is None:
        return factor if math.isfinite(factor) and factor else None
    return before if math.isclose(factor, before, rel_tol=CLOSE) else None


def _made(model: nn.Module, batch: Batch) -> tuple[Any, list[_Call]]:
    copy = copied_model(model, shared=[])  # no running mean moves
    with _Listens() as listens:
        output = batch.output(copy)
    return output, listens.calls


def _where(batch: Batch, at: str | int) -> str | int:
    """The same argument, which may be given by name in one call and by its place in another."""
    if isinstance(at, str):
        return at if at in batch.kwargs else len(batch.inputs) - 1
    return at if at < len(batch.inputs) else next(iter(batch.kwargs))


def _argument(batch: Batch, at: str | int) -> Any:
    return batch.kwargs[at] if isinstance(at, str) else batch.inputs[at]


def _without(batch: Batch, at: str | int) -> Batch:
    """The batch whose target is that argument, which the model does not get."""
    target = _argument(batch, at)
    if isinstance(at, int):
        return batch._replace(inputs=batch.inputs[:at], target=target)
    return batch._replace(kwargs={name: each for name, each in batch.kwargs.items() if name != at}, target=target)


def _same(one: Any, other: Any) -> bool:
    return (
        isinstance(one, Tensor) and isinstance(other, Tensor) and one.shape == other.shape and torch.equal(one, other)
    )


def _same_memory(one: Any, other: Any) -> bool:
    """Whether both are the same numbers at the same place, in whatever shape."""
    if not isinstance(one, Tensor) or not isinstance(other, Tensor):
        return False
    return one is other or (one.data_ptr() == other.data_ptr() and one.numel() == other.numel())
