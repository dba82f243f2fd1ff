"""Whether the random numbers that stand in the targets, as the noise of a diffusion, are the same ones in each step."""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import tensors
from lossbook.probes.made_up import value_of

BATCHES, ROWS = 5, 8  # from which on equal numbers are no accident
OTHERS = 0.9  # of the whole variance of the inputs, within one row from batch to batch, where the examples are others
SOME = 0.05  # of the rows have others; noise hides it in the rest
SAME = 1e-4  # relative difference of two losses that are equal but for rounding


def same_draws(case: Case) -> str | None:
    """That each batch has other examples and the very same targets, each row another one; None: this is not so.

    A loss that compares each output with its own target cannot want this. One that compares the outputs of all rows
    with all targets can, and so can a table that comes whole in each step, with a little noise on its inputs.
    """
    y, count = case.batches[0].target, len(case.batches)
    if not isinstance(y, Tensor) or not y.is_floating_point() or y.ndim == 0 or len(y) < ROWS or count < BATCHES:
        return None
    if len(y.unique(dim=0)) < len(y) or case.loss is None:
        return None
    alike = [batch for batch in case.batches if isinstance(batch.target, Tensor) and torch.equal(batch.target, y)]
    if len(alike) < count or not any(
        map(_are_others, zip(*(tensors((b.inputs, b.kwargs)) for b in alike), strict=False))
    ):
        return None
    output = output_of(case.start.model, case.batches[0])
    own, moved = value_of(case.loss, output, y), value_of(case.loss, output, y.roll(1, 0))
    if own is None or moved is None or not abs(own - moved) > SAME * abs(own):
        return None
    return f"the targets of all {count} batches are the same {y.numel()} numbers, though the inputs are others"


def _are_others(parts: tuple[Tensor, ...]) -> bool:
    """Whether this input holds other examples in each batch."""
    if not parts[0].is_floating_point() or len({part.shape for part in parts}) > 1 or parts[0].ndim == 0:
        return False
    every = torch.stack(parts).double().flatten(2) if parts[0].ndim > 1 else torch.stack(parts).double()[..., None]
    whole = every.flatten(0, 1).var(0).sum()
    within = every.var(0).sum(-1)
    return bool(whole > 0) and float((within > OTHERS * whole).double().mean()) > SOME
