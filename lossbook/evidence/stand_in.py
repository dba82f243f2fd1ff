"""A loop that calls something else in the place of the model, and hands the gradients over to the model's weights.

So does one that computes with a copy of the weights in half precision, or by a function of the weights. Which batches
it has, the reader's data say; that they and the loss are those of the training, its first number and the norm of its
first gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence.case import Batch, pair_loss
from lossbook.evidence.looks import length, present, shares
from lossbook.evidence.nonfinite import has_ranks
from lossbook.evidence.reading import first_batches, iter_is_used_up
from lossbook.evidence.recipe import Recipe, of_a_pair
from lossbook.evidence.snapshot import unwrapped
from lossbook.evidence.surroundings import draws_kept, quiet

if TYPE_CHECKING:
    from lossbook.evidence.observe import Watch

LOOKED_AT = 8  #: batches, among whose losses and norms of gradients those of the first step must lie
NEAR = 0.1  #: share by which they may lie beside them
LOST = 0.2  #: share of the gradient's entries that are zero at the step alone, where the norm may be smaller
TINY = 1e-5  #: and of which size most of them must be: what is larger, half precision does not lose
STANDS_IN = (
    "The loop calls something else in the place of the model: copies are trained on the batches of data with loss_fn."
)


def found_by_the_data(watch: Watch) -> tuple[Recipe, tuple[Batch, ...]] | None:
    """The loss and the batches of a training in which the model itself is never called with gradients; or None."""
    recorder, told = watch.recorder, watch.told.loss.values()
    if recorder is None or watch.start is None or recorder.counts["forwards"] or not told or has_ranks():
        return None
    if watch.loss_fn is None or watch.data is None or iter_is_used_up(watch.data) or not recorder.steps:
        return None
    norms = recorder.numbers["norm_at_step"].values()
    zeros = recorder.numbers["zero_share"].values()
    model, loss_of = watch.start.model, pair_loss(of_a_pair(watch.loss_fn))  # type: ignore[arg-type]
    try:
        batches = tuple(_batches(watch.data, model, watch.keeper.keep))
        with draws_kept():
            looked_at = [_loss_and_gradient(model, loss_of, batch) for batch in batches[:LOOKED_AT]]
    except Exception:  # of the reader's own code, or the data are made up in another way
        return None
    if not looked_at or not norms or not zeros:
        return None
    losses, gradients = zip(*looked_at, strict=True)
    if not _lies_among(told[0], losses) or not _fits(norms[0], zeros[0], gradients):
        return None
    return Recipe(watch.loss_fn, loss_of, lambda record: None, STANDS_IN), batches


def _batches(data: Any, model: nn.Module, most: int) -> Iterator[Batch]:
    device = next((param.device for param in model.parameters()), torch.device("cpu"))
    for each in first_batches(data, most):
        if not isinstance(each, (tuple, list)) or len(each) < 2 or not isinstance(each[0], Tensor):
            raise TypeError("a batch must hold inputs and targets.")
        x, *rest = each
        yield Batch.of(x, rest[0] if len(rest) == 1 else tuple(rest)).map(lambda tensor: tensor.to(device))


def _loss_and_gradient(model: nn.Module, loss_of: Any, batch: Batch) -> tuple[float, list[Tensor]]:
    copy = copied_model(unwrapped(model), shared=[])
    copy.zero_grad(set_to_none=True)
    with quiet(copy), torch.enable_grad():
        loss = loss_of(copy, batch)
        loss.backward()
    return float(loss.detach()), present(param.grad for param in copy.parameters())


def _lies_among(number: float, others: Sequence[float]) -> bool:
    """As far as a batch that is drawn anew shows: data that are shuffled have no first one."""
    low, high = min(others), max(others)
    return low - NEAR * abs(low) <= number <= high + NEAR * abs(high)


def _fits(norm: float, zeros: float, gradients: Sequence[list[Tensor]]) -> bool:
    """Whether the gradient of a step may be one of these, or what half precision leaves of it."""
    norms = [float(length(grads)) for grads in gradients]
    if _lies_among(norm, norms):
        return True
    sizes = torch.cat([each.flatten().abs() for each in gradients[0]])
    is_tiny = bool(sizes.any()) and float(sizes[sizes > 0].median()) < TINY
    return is_tiny and norm < max(norms) and zeros - float(shares(gradients[0])[0]) > LOST
