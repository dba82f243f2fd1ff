"""The five plain lines of a training, on copies. The originals and every global generator are left as they were."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lossbook.copying import copied_model
from lossbook.evidence.case import Batch, Case
from lossbook.evidence.snapshot import Snapshot, unwrapped
from lossbook.evidence.structure import mapped
from lossbook.evidence.surroundings import quiet
from lossbook.optim.rate import lr_factor, set_lr_factor

MOST_ADDED = 8  #: batches whose gradients are added up in a step of a copy
FALL_BATCHES = 8  #: on which :func:`fall` measures

_TAKEN: ContextVar[list[int] | None] = ContextVar("_TAKEN", default=None)


@contextmanager
def steps_counted() -> Iterator[list[int]]:
    """A context in which the steps of all copies are counted, in the one entry of the list that it yields."""
    token = _TAKEN.set(count := [0])
    try:
        yield count
    finally:
        _TAKEN.reset(token)


def train(
    case: Case,
    snapshot: Snapshot,
    steps: int,
    *,
    lr: float | None = None,
    lr_scale: float | Callable[[int], float] = 1.0,
    batches: Sequence[Batch] | None = None,
    loss_of: Callable[[nn.Module, Batch], Tensor] | None = None,
    seed: int = 0,
    same_draws: bool = False,
    measure: Callable[[nn.Module, Batch], Tensor] | None = None,
    **knobs: Any,
) -> tuple[Snapshot, np.ndarray]:
    """A copy of ``snapshot`` trained on in plain lines, and the loss of each step, before its update.

    The lines are: zero_grad, loss, backward, clip if the case says how, step. There is no autocast and no scheduler;
    from the start, the learning rates are those that were seen, step by step. Where the training adds up the gradients
    of several batches for a step, the copy does so, too.

    Args:
        case: gives the batches, the loss and the clipping.
        snapshot: ``case.start`` or ``case.now``, or what another call gave.
        steps: one on each batch, or on as many as are added up, from the first one on, over and over.
        lr: the learning rate of every step and group, whatever the training's own is or would become.
        lr_scale: factor on the learning rate; or its factor at each step.
        batches: others than the case's.
        loss_of: another than the case's.
        seed: of the random numbers that model and loss draw.
        same_draws: every step draws the same random numbers; else each goes on where the last one ended.
        measure: the loss whose values are given, on the batch of each step; by default the one that is trained on.
        knobs: other values for the optimisers' settings (``momentum=0.9``, ``weight_decay=0.0``, ...); those that an
            optimiser does not have are ignored.

    Raises:
        ValueError: the case has no ``loss_of``, or no batch, and none is given.
        TypeError: the model cannot be copied.
    """
    objective, feed = loss_of or _loss_of(case), case.batches if batches is None else batches
    if not feed:
        raise ValueError("batches must hold at least one batch to train on, got none.")
    copy, losses = snapshot.copy(shared=[]), []
    model, optimizers = copy
    for group in copy.groups:
        group |= {name: value for name, value in knobs.items() if name in group}
    seen = case.seen.lrs if snapshot is case.start and lr is None and len(optimizers) == 1 else None
    own = [1.0 if lr is not None else lr_factor(optimizer) for optimizer in optimizers]
    closures = list(map(needs_closure, optimizers))
    together = min(added_up(case), len(feed))
    with nullcontext() if same_draws else quiet(model, seed=seed):
        for step in range(steps):
            if (count := _TAKEN.get()) is not None:
                count[0] += 1
            _write_rates(copy, lr, seen[min(step, len(seen) - 1)] if seen else None)
            scale = lr_scale(step) if callable(lr_scale) else lr_scale
            for optimizer, factor in zip(optimizers, own, strict=True):
                set_lr_factor(optimizer, factor * scale)
            those = [feed[(step * together + place) % len(feed)] for place in range(together)]
            if measure is not None:
                with torch.no_grad(), quiet(model, seed=step):
                    losses.append(torch.stack([measure(model, batch).detach() for batch in those]).mean())
            with quiet(model, seed=seed) if same_draws else nullcontext():
                loss = _step(case, copy, objective, those, closures)
            if measure is None:
                losses.append(loss)
    return copy, np.array([float(loss) for loss in losses])


def as_it_is(case: Case, steps: int, *, seed: int = 0) -> np.ndarray:
    """The losses of a copy that is trained as it is, from the start: once for a case, or again if more are asked."""
    if len(case.kept.get(seed, ())) < steps:
        case.kept[seed] = train(case, case.start, steps, seed=seed)[1]
    return case.kept[seed][:steps]


def _write_rates(copy: Snapshot, lr: float | None, seen: Sequence[float] | None) -> None:
    """A schedule of the optimiser's own writes its rate after each step; these overwrite it."""
    if lr is not None:
        for group in copy.groups:
            group["lr"] = lr
    elif seen and not getattr(copy.optimizer, "applies_lr_factor", False):
        for place, group in enumerate(copy.groups):  # a group that was added has the rate of the last one
            group["lr"] = seen[min(place, len(seen) - 1)]


def added_up(case: Case) -> int:
    """How many batches' gradients the training adds up for one step; of more than eight, eight."""
    return min(_added_up(case), MOST_ADDED)


def _added_up(case: Case) -> int:
    seen = case.seen
    if not seen.steps or seen.unused or len(case.start.optimizers) != 1 or needs_closure(case.start.optimizer):
        return 1
    return max(round(min(seen.backwards or 0, seen.forwards or 0) / seen.steps), 1)


def _share(case: Case, together: int) -> float:
    """The factor of each batch's loss, so that its gradients add up to what those of the training add up to."""
    share = case.seen.ran_on_share
    return 1 / together if share is None or together == 1 else share * _added_up(case) / together


def _step(
    case: Case,
    copy: Snapshot,
    objective: Callable[[nn.Module, Batch], Tensor],
    group: list[Batch],
    closures: Sequence[bool],
) -> Tensor:
    """One update; the loss before it. ``closures``: whether each optimiser asks for one."""
    model, optimizers = copy
    losses: list[Tensor] = []

    def closure() -> Any:
        model.zero_grad()
        for optimizer in optimizers:
            optimizer.zero_grad()  # it may hold parameters that are not the model's
        total, share = torch.zeros(()), _share(case, len(group))
        for batch in group:
            loss = objective(model, batch)
            if loss.requires_grad:
                (loss * share if share != 1 else loss).backward()
            total = loss.detach() / len(group) + total.to(loss)
        if case.clipping is not None:
            _clip(model, case.clipping)
        losses.append(total)
        return total

    foreign = any(not type(each).__module__.startswith("torch.optim.") for each in optimizers)  # it may climb first
    if not all(closures) or foreign or not optimizers:
        closure()
    for optimizer, asks in zip(optimizers, closures, strict=True):
        if asks:
            optimizer.step(closure)
        else:
            optimizer.step()
    return losses[0]


def _clip(model: nn.Module, clipping: Any) -> None:
    params = {name: param for name, param in model.named_parameters() if param.grad is not None}
    for name, grad in clipping.apply({name: param.grad for name, param in params.items()}).items():
        params[name].grad = grad


def needs_closure(optimizer: Optimizer) -> bool:
    """Whether its step asks for a function that computes the loss, as that of L-BFGS does."""
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    return closure is not None and closure.default is closure.empty


def fall(case: Case, snapshot: Snapshot, steps: int, **knobs: Any) -> float:
    """How far the loss of the first eight batches falls, in eval mode, when a copy of ``snapshot`` trains on.

    Args:
        case, snapshot, steps, knobs: as :func:`train` takes them.
    """
    feed = (knobs.get("batches") or case.batches)[:FALL_BATCHES]
    objective = knobs.get("loss_of") or _loss_of(case)
    models = snapshot.model, train(case, snapshot, steps, **knobs)[0].model
    before, after = (np.mean(_losses(objective, model, feed)) for model in models)
    return float(before - after)


def loss_on(case: Case, model: nn.Module, batch: Batch, *, train_mode: bool = False, seed: int = 0) -> float:
    """The training's loss of one batch, on a copy of the model."""
    return _losses(_loss_of(case), model, [batch], train_mode=train_mode, seed=seed)[0]


@torch.no_grad()
def _losses(
    objective: Callable[[nn.Module, Batch], Tensor],
    model: nn.Module,
    batches: Sequence[Batch],
    *,
    train_mode: bool = False,
    seed: int = 0,
) -> list[float]:
    model = copied_model(unwrapped(model), shared=[])
    with quiet(model, seed=seed):
        if not train_mode:
            model.eval()
        return [float(objective(model, batch).detach()) for batch in batches]


def gradients(case: Case, model: nn.Module, batch: Batch, *, seed: int = 0) -> dict[str, Tensor | None]:
    """name -> gradient of the loss of one batch, in train mode; None where nothing arrives. On a copy."""
    model = copied_model(unwrapped(model), shared=[])
    model.zero_grad(set_to_none=True)
    objective = _loss_of(case)
    with quiet(model, seed=seed):
        loss = objective(model, batch)
        if loss.requires_grad:
            loss.backward()
    return {name: param.grad for name, param in model.named_parameters()}


def output_of(model: nn.Module, batch: Batch, *, train_mode: bool = False, seed: int = 0) -> Any:
    """The output for one batch, from a copy, so that no running statistic of the model moves; without its graph."""
    model = copied_model(unwrapped(model), shared=[])
    with torch.no_grad(), quiet(model, seed=seed):
        output = batch.output(model if train_mode else model.eval())
    return mapped(Tensor.detach, output)  # a model may set requires_grad itself


def _loss_of(case: Case) -> Callable[[nn.Module, Batch], Tensor]:
    if case.loss_of is None:
        raise ValueError("loss_of must be known to train a copy, got a case whose loss was not seen.")
    return case.loss_of
