"""Mends of data and labels: the same training on inputs, batches or examples as they should be."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case
from lossbook.probes.base import Mend
from lossbook.probes.entering import Through, what_enters
from lossbook.probes.examples import batch_size, dealt, finite_part, held_out_batches, joined
from lossbook.probes.made_up import class_axis
from lossbook.probes.one_by_one import SAMPLE, chance_loss, losses_of

LARGE = 3.0  # mean or deviation of an input beside others, as it is measured in ``data``
CONSTANT = 1e-3  # of the deviation of all inputs: a column that varies less is left as wide as it is


def standardised(case: Case) -> Mend:
    """Inputs of mean 0 and standard deviation 1, those of a kind together.

    Where they are several tensors, those that are of no such size; they are standardised on their way into the model.
    """
    x = joined(case.batches).x
    if x is None:
        return _standardised_on_the_way(case)
    mean, std = _of_kinds(x)

    def scaled(batch: Batch) -> Batch:
        return batch if batch.x is None else batch.with_x((batch.x - mean) / std)

    batches = tuple(scaled(batch) for batch in case.batches)
    held_out = None if case.held_out is None else scaled(case.held_out)
    return Mend("the inputs were standardised", replace(case, batches=batches, held_out=held_out))


def _standardised_on_the_way(case: Case) -> Mend:
    kinds = {place: _of_kinds(x) for place, x in what_enters(case).items() if size_of(x) > LARGE}

    def scaled(place: int, each: Tensor) -> Tensor:
        mean, std = kinds.get(place, (0.0, 1.0))
        return (each - mean) / std if place in kinds else each

    start = case.start.copy(shared=[])
    mended = replace(case, start=start._replace(model=Through(start.model, scaled)))
    return Mend("the inputs were standardised", mended)


def size_of(x: Tensor) -> float:
    """Mean or standard deviation of numbers, whichever is farther from 0."""
    return max(abs(float(x.double().mean())), float(x.double().std()))


def _of_kinds(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of those of each kind."""
    axes = of_a_kind(x)
    std = x.std(dim=axes, keepdim=True)
    std = torch.where(std > CONSTANT * x.std(), std, torch.ones_like(std))
    return x.mean(dim=axes, keepdim=True), std


def of_a_kind(x: Tensor) -> tuple[int, ...]:
    """The axes of each column of a table, of each channel of images, of each feature of sequences; else all.

    Features stand on the last axis of sequences, or on the second: where numbers differ more from each other than
    within themselves. If they do so on neither, they are of one kind.
    """
    if x.ndim == 3:
        apart = {axes: float(x.mean(axes).var(correction=0) / x.var(axes).mean()) for axes in ((0, 1), (0, 2))}
        most = max(apart, key=lambda axes: apart[axes])
        return most if apart[most] > 1 else (0, 1, 2)
    return {2: (0,), 4: (0, 2, 3)}.get(x.ndim, tuple(range(x.ndim)))


def not_augmented(case: Case) -> Mend | None:
    """Held-out examples as they are in the place of augmented ones; or those of the data set, not varied."""
    if case.unvaried:
        return Mend("no example was varied at random", replace(case, batches=case.unvaried))
    plain = held_out_batches(case)
    return Mend("no example was augmented", replace(case, batches=plain)) if plain else None


def dealt_anew(case: Case) -> Mend:
    """The examples of all batches, shuffled and dealt into batches anew."""
    batches = dealt(joined(case.batches), batch_size(case), seed=0)
    return Mend("the examples were shuffled", replace(case, batches=batches))


def finite_ones(case: Case) -> Mend | None:
    """The batches without the examples in which a number is not finite."""
    enough = min(2, batch_size(case))  # a batch norm wants two
    batches = tuple(batch for batch in map(finite_part, case.batches) if batch.size >= enough)
    return Mend("examples with NaN or infinity were left out", replace(case, batches=batches)) if batches else None


def doubtful_left_out(case: Case) -> Mend | None:
    """The loss of the examples that do not cost the model more now than knowing nothing; the others are left out.

    The training as it is, which learns from all of them, is measured on the same examples.
    """
    if case.loss_of is None:
        return None
    chance, own = chance_loss(case, joined(case.batches).first(SAMPLE)), case.loss_of
    kept = {}
    for batch in case.batches:
        part = batch.rows(torch.from_numpy(losses_of(case, batch) <= chance))
        kept[id(batch)] = part if part.size > 1 else batch  # a batch norm wants two

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        return own(model, kept.get(id(batch), batch))

    return Mend("examples that cost more than knowing nothing were left out", replace(case, loss_of=loss_of))


def balanced(case: Case) -> Mend | None:
    """Each class that is in a batch counts alike in its loss, however many examples, or places, it has there."""

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        output, y = batch.output(model), batch.target
        if not y.is_floating_point() and y.ndim > 1 and (axis := class_axis(case.loss, output, y)) is not None:
            output, y = output.movedim(axis, -1).flatten(0, -2), y.flatten()  # places are counted
        parts = [(y == one).reshape(len(y)) for one in y.unique() if one >= 0] or [slice(None)]
        losses = [case.loss(output[part], y[part]) for part in parts]  # type: ignore[misc]
        return torch.stack(losses).mean()

    return Mend("each class counts alike in the loss", replace(case, loss_of=loss_of))
