"""Targets as a row beside answers as a column, or the other way round: each number then meets each of the others.

It is told by what the lines of the loss do, whether or not they are a function of one output and one target: the loss
may be one of slopes, or of several calls of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import loss_on
from lossbook.probes import objective_mends as mends
from lossbook.probes.base import NEEDS, Mend, Reading, decided
from lossbook.probes.rewired import Instead

#: functions that compare two tensors number by number
COMPARES: tuple[str, ...] = ("sub", "rsub", "add", "radd", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
COMPARES += ("binary_cross_entropy", "binary_cross_entropy_with_logits")
DIFFERS: tuple[str, ...] = ("sub", "rsub", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
FEWEST, RANK = 8, 3  # examples; of a row and a column that are added, multiplied and added to another one, 2 at most
SAME = 1e-4  # relative difference of two losses that are equal but for rounding
TINY = 1e-30
PAIR, STRETCH = 2, 4.0


def or_met_each_other(decide: Callable[[Case], Reading], needs: tuple[str, ...]) -> Callable[[Case], Reading]:
    """The test itself; where the loss is no function of outputs and targets, the one of its lines.

    Args:
        decide: the test.
        needs: what it needs, keys of ``NEEDS``.
    """

    @wraps(decide)
    def decide_case(case: Case) -> Reading:
        if case.loss_of is not None and case.batches and (table := against_a_table(case)) is not None:
            return table
        if case.loss is None and case.loss_of is not None:
            return met_each_other(case)
        missing = next((need for need in map(NEEDS.__getitem__, needs) if not need.there(case)), None)
        return decide(case) if missing is None else Reading(missing.outcome, missing.sentence)

    return decide_case


def against_a_table(case: Case) -> Reading | None:
    """One answer for each example is compared with a table that a row and a column made among the targets.

    Such a table has hardly any rank; a mask of pairs, which is taken from answers on purpose, has nearly all. None: no
    answers meet one.
    """
    batch, shapes = case.batches[0], list[str]()
    if batch.size < FEWEST:
        return None
    try:
        loss_on(_with_diagonals(case, shapes), unwrapped(case.start.model), batch)
    except Exception:  # of the reader's own code; other tests tell
        return None
    if not shapes:
        return None
    sentence = f"shapes {shapes[0]} are compared, of which the second is a table made of a row and a column"
    return Reading("found", f"{sentence}: each answer meets what was meant for others", certain=True)


def _with_diagonals(case: Case, shapes: list[str]) -> Case:
    """What was meant for each example in the place of such a table."""

    def choose(function: Any, args: Any) -> Callable[..., Any] | None:
        if getattr(function, "__name__", "").strip("_") not in DIFFERS or len(args) < 2:
            return None
        if not all(isinstance(each, Tensor) for each in args[:2]) or args[0].requires_grad is args[1].requires_grad:
            return None
        first = args[0].requires_grad
        answers, table = args[:2] if first else args[1::-1]
        n = len(answers) if answers.ndim else 0
        if tuple(table.shape) != (n, n) or tuple(answers.shape) not in ((n,), (n, 1)) or not _has_no_rank(table):
            return None
        shapes.append(f"{tuple(answers.shape)} and {tuple(table.shape)}")

        def function_of_each(one: Tensor, other: Tensor, *rest: Any, **more: Any) -> Any:
            own = [each.diagonal().reshape(answers.shape) if each is table else each for each in (one, other)]
            return function(*own, *rest, **more)

        return function_of_each

    return _instead(case, choose)


def _has_no_rank(table: Tensor) -> bool:
    table = table.detach().double()
    return bool(torch.isfinite(table).all()) and int(torch.linalg.matrix_rank(table, rtol=SAME)) <= RANK


def met_each_other(case: Case) -> Reading:
    """Let what is no answer take the shape of the answers that it is compared with: is the loss one of each example?

    A loss of each example is the mean over pairs of examples, or the sum. What compares all with all on purpose, as a
    table of distances does, is no such loss either with other shapes. Answers of a fresh model may be so small that no
    loss tells them apart; so they are looked at as they are now, and with larger weights, too.
    """
    batch = case.batches[0]
    if batch.size < 2 * PAIR:
        return Reading("cannot tell", "a batch of less than four examples was seen")
    whole, shapes = batch.first(batch.size // PAIR * PAIR), list[str]()
    models = unwrapped(case.start.model), unwrapped(case.now.model), _stretched(unwrapped(case.start.model))
    found = [(loss_on(case, model, whole), loss_on(_straightened(case, shapes), model, whole)) for model in models]
    apart = [abs(as_is - straight) / max(abs(as_is), TINY) for as_is, straight in found]
    number = max(range(len(models)), key=apart.__getitem__)
    if not shapes or not apart[number] > SAME:
        return Reading("not found", "no row is compared with a column on the way to the loss")
    as_is, straight = found[number]
    sentence = f"with {shapes[0]} compared, a loss is {as_is:.4g}, with both in one shape {straight:.4g}"
    pairs = whole.split(PAIR)
    own, alike = (
        sum(loss_on(one, models[number], pair) for pair in pairs) / len(pairs)
        for one in (case, _straightened(case, []))
    )
    sentence = f"{sentence}; the means over pairs of examples are {own:.4g} and {alike:.4g}"
    count = next((each for each in (1, len(pairs)) if _close(straight, each * alike)), None)  # a mean, or a sum
    if count is None or _close(as_is, count * own):
        return Reading("not found", f"{sentence}, so that all examples may be compared with all others on purpose")
    sentence = f"{sentence}: each answer was compared with those of all examples"
    return decided(True, sentence, apart[number], SAME)


def same_shape(case: Case) -> Mend:
    """What the answers are compared with in their shape."""
    if against_a_table(case) is not None:
        return Mend("of each table that answers are compared with, the diagonal was taken", _with_diagonals(case, []))
    return mends.same_shape(case) if case.loss is not None else in_one_shape(case)


def in_one_shape(case: Case) -> Mend:
    """What is no answer in the shape of the answers that it is compared with."""
    return Mend("what the answers are compared with was given their shape", _straightened(case, []))


def _straightened(case: Case, shapes: list[str]) -> Case:
    def choose(function: Any, args: Any) -> Callable[..., Any] | None:
        if getattr(function, "__name__", "").strip("_") not in COMPARES or len(args) < 2:
            return None
        one, other = args[:2]
        if not isinstance(one, Tensor) or not isinstance(other, Tensor) or one.requires_grad is other.requires_grad:
            return None
        if one.numel() != other.numel() or not _spreads(one, other):
            return None
        shapes.append(f"{tuple(one.shape)} and {tuple(other.shape)}")
        shape = one.shape if one.requires_grad else other.shape
        return lambda a, b, *rest, **more: function(a.reshape(shape), b.reshape(shape), *rest, **more)

    return _instead(case, choose)


def _instead(case: Case, choose: Callable[[Any, Any], Callable[..., Any] | None]) -> Case:
    own = case.loss_of
    assert own is not None

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        with torch.enable_grad(), Instead(choose):
            loss = own(model, batch)
        return loss if torch.is_grad_enabled() else loss.detach()

    return replace(case, loss=None, loss_of=loss_of)


def _stretched(model: nn.Module) -> nn.Module:
    model = copied_model(model, shared=[])
    with torch.no_grad():
        for param in model.parameters():
            param.mul_(STRETCH)
    return model


def _spreads(one: Tensor, other: Tensor) -> bool:
    """Whether the two together have more numbers than each of them."""
    try:
        return torch.broadcast_shapes(one.shape, other.shape).numel() > one.numel()
    except RuntimeError:
        return False


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * abs(a)
