"""A few steps of any torch training, on copies, at given learning rates."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from lossbook.copying import copied
from lossbook.optim.rate import lr_factor, next_lr, set_lr_factor
from lossbook.progress import ended_well, show_bar
from lossbook.randomness import own_draws


def losses_at(
    rates: list[float], model: Any, batches: Any, loss_fn: Any, optimizer: Any, *, progress: bool | None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Train a copy, one batch for each rate; returns the rates that were used, and the loss before each update.

    The training ends early at a loss that is not finite. Model, optimiser, the loader's generators and torch's own stay
    as they were. The first group gets the given learning rate; the other groups keep their ratio to it.

    Args:
        rates: learning rates, one for each step.
        model, loss_fn, optimizer: as in a loop of your own, ``loss_fn(model(x), y)``.
        batches: pairs (x, y), such as a ``DataLoader``; begun again when it ends.

    Raises:
        ValueError: no batch; no parameter of the model in the optimiser, or a learning rate of 0 in it.
        TypeError: a part of another kind; an optimiser that needs a closure; a batch that is no pair.
    """
    check_parts(model, batches, loss_fn, optimizer)
    copy, stepper = copied(model, optimizer)
    place = next(copy.parameters()).device
    losses: list[float] = []
    bar = tqdm(total=len(rates), unit="step", disable=not show_bar(progress), leave=False)
    with bar, torch.enable_grad(), _left_alone(batches), own_draws(0, place, copy.train(), loss_fn, batches, stepper):
        for rate, (x, y) in zip(rates, _pairs(batches), strict=False):
            base = next_lr(stepper) / (lr_factor(stepper) or 1.0)
            if base <= 0:
                raise ValueError(f"optimizer must have a learning rate above 0 to be multiplied, got {base}.")
            set_lr_factor(stepper, rate / base)
            stepper.zero_grad()
            loss = loss_fn(copy(_at(x, place)), _at(y, place))
            losses.append(float(loss.detach()))
            if not math.isfinite(losses[-1]):
                break
            loss.backward()
            stepper.step()
            bar.update()
        ended_well(bar)
    return tuple(rates[: len(losses)]), tuple(losses)


def check_parts(model: Any, batches: Any, loss_fn: Any, optimizer: Any) -> None:
    """Raise unless these are the parts of a training loop of torch."""
    line = "Write lr_range_test(model, train_loader, loss_fn, optimizer), in this order."
    if not isinstance(model, nn.Module) or isinstance(loss_fn, type) or not callable(loss_fn):
        raise TypeError(f"model must be a torch module and loss_fn a function of (output, target). {line}")
    if not isinstance(optimizer, torch.optim.Optimizer) or not isinstance(batches, Iterable):
        kinds = f"{type(optimizer).__name__} and {type(batches).__name__}"
        raise TypeError(f"optimizer must be one of torch.optim, and the loader give batches, got {kinds}. {line}")
    if isinstance(optimizer, torch.optim.LBFGS):
        raise TypeError("optimizer must step without a closure, got LBFGS, which searches its step length itself.")
    held = {id(param) for group in optimizer.param_groups for param in group["params"]}
    if not held & {id(param) for param in model.parameters()}:
        raise ValueError(
            "optimizer must hold parameters of the model, got one of others: was the model copied, or made "
            "anew, after the optimiser? That alone keeps a loss from falling."
        )


def _pairs(batches: Any) -> Iterator[tuple[Any, Any]]:
    for epoch in itertools.count():
        count = 0
        for batch in batches:
            if not isinstance(batch, (tuple, list)) or len(batch) != 2:
                raise TypeError(f"each batch must be a pair (inputs, target), got {type(batch).__name__}.")
            count += 1
            yield batch[0], batch[1]
        if not count:
            again = "no batch" if epoch == 0 else "no second pass: it must be a DataLoader or a list, no iterator"
            raise ValueError(f"the loader must give batches for every step, got {again}.")


def _at(value: Any, device: torch.device) -> Any:
    return value.to(device) if isinstance(value, Tensor) else value


@contextmanager
def _left_alone(batches: Any) -> Iterator[None]:
    """A context after which the generators of a loader are in their old state again."""
    sampler = getattr(batches, "sampler", None)
    given = [getattr(part, "generator", None) for part in (batches, sampler)]
    kept = [(each, each.get_state()) for each in given if isinstance(each, torch.Generator)]
    try:
        yield
    finally:
        for generator, state in kept:
            generator.set_state(state)
