"""A loss that is one of the numbers that a model gives, or a weighted sum of them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from lossbook.evidence.case import Batch
from lossbook.evidence.keeper import Record
from lossbook.evidence.structure import leaves

EXACT = 1e-5  #: the part of the loss by which the sum may be off, which single precision rounds away
NO_TERM = 1e-6  #: a weight that is as small is what rounding leaves of none


def sum_of(weights: dict[int, float]) -> Callable[[nn.Module, Batch], Tensor]:
    """The loss of a model and a batch: what the model gives at these places, each times its weight."""

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        given = leaves(batch.output(model))
        return sum((weight * given[place] for place, weight in weights.items()), torch.zeros(()))

    return loss_of


def found_weights(records: list[Record]) -> dict[int, float] | None:
    """Place -> weight of the numbers that the model gave, of which the loss is the sum in each step; None if of none.

    There must be more steps than numbers, or any sum would do.
    """
    places = sorted(records[0].own) if records else []
    if len(places) < 2 or len(records) <= len(places) + 1 or any(sorted(one.own) != places for one in records):
        return None
    given = torch.tensor([[float(one.own[place]) for place in places] for one in records], dtype=torch.float64)
    wanted = torch.tensor([float(one.ran_on) for one in records], dtype=torch.float64)
    if not given.isfinite().all() or not wanted.isfinite().all():
        return None
    weights = torch.linalg.lstsq(given, wanted[:, None], driver="gelsd").solution[:, 0]
    if bool(((given @ weights - wanted).abs() > EXACT * wanted.abs()).any()):
        return None
    told = {place: float(f"{float(each):.4g}") for place, each in zip(places, weights, strict=True)}
    return {place: each for place, each in told.items() if abs(each) > NO_TERM}
