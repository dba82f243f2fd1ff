"""Outputs that are all the same: how far they spread, and whether their loss compares them with one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, pair_loss, unwrapped
from lossbook.evidence.replay import output_of, quiet
from lossbook.evidence.structure import mapped, tensors
from lossbook.probes.base import Mend
from lossbook.probes.examples import joined
from lossbook.probes.made_up import REFUSALS

LOOKS = 8  # batches
POINTS = 3  # into which all outputs are put
SAME = 1e-3  # relative difference of losses that are equal but for rounding
ROUNDING = 1e-6  # of a loss of terms of size 1, which cancel out
LEAST = 1e-6  # spread of outputs, where a root has a slope


def spread(model: nn.Module, case: Case) -> float | None:
    """The root of the outputs' variance over examples, in eval mode; None if none is a tensor of rows of numbers."""
    batch = joined(case.batches[:LOOKS])
    found = [each for each in tensors(output_of(model, batch)) if _is_rows(each, batch)]
    if not found:
        return None
    return float(sum(each.double().var(0, correction=0).sum() for each in found)) ** 0.5


def is_relative(case: Case) -> bool:
    """Whether the loss only compares outputs: it is the same wherever all of them stand in one point, and else not."""
    assert case.loss is not None
    batch = case.batches[0]
    output, generator = output_of(case.start.model, batch), torch.Generator().manual_seed(0)
    rows = [each for each in tensors(output) if _is_rows(each, batch)]
    if len({each.shape[1:] for each in rows}) != 1:
        return False
    losses = []
    for _ in range(POINTS):
        point = _point(rows, generator)
        together = mapped(lambda each, at=point: _all_at(each, at, batch), output)  # type: ignore[misc]
        losses.append(_value(case.loss, together, batch.target))
    apart = _value(case.loss, output, batch.target)
    known = [loss for loss in losses if loss is not None]
    if apart is None or len(known) < POINTS:
        return False
    first = known[0]
    stays = all(abs(loss - first) <= max(SAME * max(abs(first), SAME * abs(apart)), ROUNDING) for loss in known)
    return stays and abs(apart - first) > SAME * max(abs(first), abs(apart))


def cost_together(case: Case) -> float | None:
    """The loss where all outputs stand in one point, if it is nowhere lower, and pulls each of them there; else None.

    It asks the same of all examples then, has no targets or a single one, is that of each example by itself, and none
    of the outputs is taken out of the graph.
    """
    assert case.loss is not None
    batch, generator = case.batches[0], torch.Generator().manual_seed(0)
    model = copied_model(unwrapped(case.start.model), shared=[])
    with quiet(model), torch.enable_grad():
        output = batch.output(model.train())
        rows = [each for each in tensors(output) if _is_rows(each, batch)]
        if not asks_one_thing(case) or len(rows) < 2 or not all(each.requires_grad for each in rows):
            return None
        made = mapped(lambda each: each.detach().requires_grad_() if _is_rows(each, batch) else each, output)
        leaves = [each for each in tensors(made) if _is_rows(each, batch)]
        slopes = torch.autograd.grad(case.loss(made, batch.target), leaves, allow_unused=True)
    if any(slope is None or not slope.any() for slope in slopes):
        return None
    point = _point(rows, generator)
    together = _value(case.loss, mapped(lambda each: _all_at(each, point, batch), output), batch.target)
    return together if together is not None and is_lowest(case, together) else None


def asks_one_thing(case: Case) -> bool:
    """Whether there are no targets, or all of all batches are one and the same number."""
    given = [each.flatten() for batch in case.batches for each in tensors(batch.target) if each.numel()]
    return not given or all(bool((each == given[0][0].to(each)).all()) for each in given)


def is_lowest(case: Case, loss: float) -> bool:
    """Whether the training never had a lower loss than this, but for rounding."""
    values = case.log.loss.values
    return all(loss <= each + SAME * abs(values[0] - loss) for each in values)


def directions(model: nn.Module, case: Case) -> float:
    """In how many directions the outputs spread, each as a point of a sphere: 1 where all lie on one line."""
    batch = joined(case.batches[:LOOKS])
    found = [each for each in tensors(output_of(model, batch, train_mode=True)) if _is_rows(each, batch)]
    counts = []
    for each in found:
        rows = nn.functional.normalize(each.flatten(1).double(), dim=1)
        spreads = torch.linalg.svdvals(rows - rows.mean(0)) ** 2
        counts.append(float(spreads.sum() ** 2 / (spreads**2).sum()))
    return max(counts)


def kept_apart(case: Case) -> Mend:
    """The loss, and as much again for each output that spreads over the batch by nothing of what it did at first."""
    own, batch = case.loss, case.batches[0]
    assert own is not None
    fresh = output_of(case.start.model, batch)
    size = abs(float(own(fresh, batch.target)))
    first = [_spreads(each).mean() for each in tensors(fresh) if _is_rows(each, batch)]

    def loss(output: Any, y: Any) -> Tensor:
        rows = [each for each in tensors(output) if each.is_floating_point() and each.ndim > 1]
        lost = [torch.relu(1 - _spreads(each) / at).mean() for each, at in zip(rows, first, strict=True)]
        return own(output, y) + size * torch.stack(lost).mean()

    mended = replace(case, loss=loss, loss_of=pair_loss(loss))
    return Mend("a term was added that keeps the outputs as far apart as they were at first", mended, steps=120)


def _spreads(each: Tensor) -> Tensor:
    return each.var(0, correction=0).add(LEAST**2).sqrt()


def _all_at(each: Tensor, point: Tensor, batch: Batch) -> Tensor:
    return point.to(each).expand(each.shape).clone() if _is_rows(each, batch) else each


def _point(rows: list[Tensor], generator: torch.Generator) -> Tensor:
    """A point where these outputs could stand, which is one of the sphere if all of them are."""
    point = torch.randn(rows[0].shape[1:], generator=generator)
    on_sphere = all(bool(((each.norm(dim=-1) - 1).abs() < SAME).all()) for each in rows)
    return nn.functional.normalize(point, dim=-1) if on_sphere else point


def _is_rows(each: Tensor, batch: Batch) -> bool:
    return each.is_floating_point() and each.ndim > 1 and len(each) == batch.size


def _value(loss: Callable[[Any, Any], Tensor], output: Any, y: Any) -> float | None:
    try:
        return float(loss(output, y))
    except REFUSALS:
        return None
