"""Which optimiser of torch makes the steps that a loop makes by lines of its own: found by making them again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, Optimizer

from lossbook.copying import copied_model
from lossbook.evidence.case import Batch
from lossbook.evidence.functional import Functional
from lossbook.evidence.snapshot import Snapshot, unwrapped
from lossbook.evidence.surroundings import draws_kept, quiet

ALIKE = 1e-3  #: of their size, by which two moves may differ that are the same
NEAR = 0.1  #: share by which a loss of a copy, and the mean of all, may differ
LIKE = 8  #: losses that are compared one by one
FEWEST = 3  #: weights that were seen one after the other
HAS_MOMENTUM = 1e-2  #: of a move, that its gradient alone does not make

Vectors = Sequence[Tensor]


def with_own_steps(start: Snapshot, now: Snapshot, seen: Functional, loss_of: Any, batches: Sequence[Batch]) -> Any:
    """The snapshots with the weights that were trained, and with the optimiser that makes the same steps.

    Args:
        start: of the training.
        now: its end.
        seen: its passes.
        loss_of: of a model and a batch; None if it is not known.
        batches: those of the passes.
    """
    first, last = seen.first[0], seen.last
    is_moved = any(not torch.equal(last[name], param) for name, param in now.model.named_parameters() if name in last)
    was_loaded = any(
        not torch.equal(first[name], param) for name, param in unwrapped(now.model).named_parameters() if name in first
    )
    start = _with_weights(start, first)
    now = _with_weights(now, last) if last and is_moved and not was_loaded else now
    if start.optimizers or loss_of is None:
        return start, now
    try:
        with draws_kept():
            weights, slopes = _seen_steps(start, seen, loss_of, batches)
            make = found_optimizer(weights, slopes)
            values = [float(record.ran_on) for record in seen.records]
            if make is None or not _goes_on(_with_optimizer(start, make, seen.trained), values, loss_of, batches):
                return start, now
    except Exception:  # the reader's own code
        return start, now
    return tuple(_with_optimizer(each, make, seen.trained) for each in (start, now))


def found_optimizer(weights: Vectors, slopes: Vectors) -> Any:
    """``make(params)``, of the optimiser that moves the first weights as they were moved; None if none is found.

    >>> import torch
    >>> param = torch.ones(3, requires_grad=True)
    >>> optimizer, weights = torch.optim.SGD([param], lr=0.1, momentum=0.9), [param.detach().clone()]
    >>> for slope in (slopes := [torch.tensor([1.0, 2.0, 3.0]), torch.tensor([-1.0, 0.0, 2.0])] * 2):
    ...     param.grad = slope
    ...     optimizer.step()
    ...     weights.append(param.detach().clone())
    >>> group = found_optimizer(weights, slopes)([param]).param_groups[0]
    >>> round(group["lr"], 4), round(group["momentum"], 4)
    (0.1, 0.9)
    """
    moves = [before - after for before, after in pairwise(weights)]
    if len(weights) < FEWEST or not all(bool(move.isfinite().all()) and bool(move.any()) for move in moves):
        return None
    return next((make for make in _candidates(moves, slopes) if _makes(make, weights, slopes)), None)


def _candidates(moves: Vectors, slopes: Vectors) -> Iterator[Any]:
    lr = _rounded(_ratio(moves[0], slopes[0]))
    rest = moves[1] - lr * slopes[1]
    momentum = _ratio(rest, moves[0]) if float(rest.norm()) > HAS_MOMENTUM * float(moves[1].norm()) else 0.0
    momentum, rate = _rounded(momentum), _rounded(float(moves[0].abs().max()))
    if lr > 0 and 0 <= momentum < 1:
        yield partial(SGD, lr=lr, momentum=momentum)
    yield partial(Adam, lr=rate)


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")


def _makes(make: Any, weights: Vectors, slopes: Vectors) -> bool:
    """Whether it makes the moves that were seen."""
    param = weights[0].clone().requires_grad_()
    optimizer: Optimizer = make([param])
    for before, after, slope in zip(weights, weights[1:], slopes, strict=False):
        with torch.no_grad():
            param.copy_(before)
        param.grad = slope.clone()
        optimizer.step()
        if not float((param.detach() - after).norm()) <= ALIKE * float((after - before).norm()):
            return False
    return True


def _goes_on(start: Snapshot, values: Sequence[float], loss_of: Any, batches: Sequence[Batch]) -> bool:
    """Whether a copy that is trained so has the losses that were seen, as where no weights are set back.

    Later on rounding may part the two, but not their means.
    """
    (model, (optimizer,)), losses = start.copy(shared=[]), list[float]()
    for batch in batches:
        optimizer.zero_grad()
        with quiet(model), torch.enable_grad():
            loss = loss_of(model, batch)
            loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    if not all(map(math.isfinite, (*values, *losses))):
        return math.isfinite(losses[0])
    pairs = [*zip(losses[:LIKE], values[:LIKE], strict=False), (sum(losses) / len(losses), sum(values) / len(values))]
    return all(abs(one - other) <= NEAR * max(abs(other), NEAR * abs(values[0])) for one, other in pairs)


def _ratio(first: Tensor, second: Tensor) -> float:
    size = float(second.square().sum())
    return float((first * second).sum()) / size if size else 0.0


def _seen_steps(
    start: Snapshot, seen: Functional, loss_of: Any, batches: Sequence[Batch]
) -> tuple[list[Tensor], list[Tensor]]:
    """The weights of the first passes, and the slopes of their losses, each in one row of double numbers."""
    names, weights, slopes = sorted(seen.trained), list[Tensor](), list[Tensor]()
    for values, batch in zip(seen.first, batches, strict=False):
        model = _with_weights(start, values).model
        model.zero_grad(set_to_none=True)
        with quiet(model), torch.enable_grad():
            loss_of(model, batch).backward()
        params = dict(model.named_parameters())
        grads = [torch.zeros_like(params[name]) if params[name].grad is None else params[name].grad for name in names]
        weights.append(torch.cat([values[name].flatten() for name in names]).double())
        slopes.append(torch.cat([grad.flatten() for grad in grads]).double())  # type: ignore[union-attr]
    return weights, slopes


def _with_weights(snapshot: Snapshot, values: Mapping[str, Tensor]) -> Snapshot:
    """A copy that has these; the same one if it has them already."""
    params = dict(unwrapped(snapshot.model).named_parameters())
    if all(torch.equal(param, values[name]) for name, param in params.items() if name in values):
        return snapshot
    copy = snapshot.copy(shared=[])
    with torch.no_grad():
        for name, param in copy.model.named_parameters():
            if name in values:
                param.copy_(values[name])
    return copy


def _with_optimizer(snapshot: Snapshot, make: Any, names: set[str]) -> Snapshot:
    model = copied_model(unwrapped(snapshot.model), shared=[])
    return Snapshot(model, (make([param for name, param in model.named_parameters() if name in names]),))
