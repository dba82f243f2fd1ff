"""Sequences of unequal lengths: are held-out ones filled up at the other end than those of the training?"""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on
from lossbook.evidence.structure import tensors
from lossbook.probes.examples import data_loss, joined

OFTEN = 0.25  # of the rows that must be filled up at all
LENGTHS = 3  # different numbers of places that are filled up: a column that is empty throughout fills nothing
FEWEST = 20  # held-out examples
HARM = 0.7  # of the held-out loss, below which it must come, filled up at the same end; masked: 1, washed out: 0.1
END, FRONT = "behind", "in front"


def padded_otherwise(case: Case) -> str | None:
    """That held-out sequences are cheaper once they are filled up at the end at which those of the training are.

    A model that knows their lengths, or masks what fills up, gives the same whichever end it is.
    """
    held_out = case.held_out
    if held_out is None or case.loss_of is None or held_out.size < FEWEST:
        return None
    x, other = _sequences(joined(case.batches)), _sequences(held_out)
    if x is None or other is None or x.dtype != other.dtype or x.shape[2:] != other.shape[2:]:
        return None
    for value in _fillings(x):
        ends = [_end(_filled(each, value)) for each in (x, other)]
        if None in ends or ends[0] == ends[1]:
            continue
        plain, moved = data_loss(case), _moved(held_out, other, _filled(other, value))
        as_is, at_one_end = (loss_on(plain, case.now.model, each) for each in (held_out, moved))
        if at_one_end < HARM * as_is:
            where = f"sequences are filled up {ends[0]} in training, and {ends[1]} held out"
            return f"{where}: the held-out loss is {as_is:.3g}, and {at_one_end:.3g} if they are filled up {ends[0]}"
    return None


def _sequences(batch: Batch) -> Tensor | None:
    """The one tensor that the model gets, of symbols or measurements at each place; None if it gets others too."""
    given = tensors((batch.inputs, batch.kwargs))
    targets = tensors(batch.target)
    if len(given) != 1 or given[0].ndim not in (2, 3) or given[0].dtype == torch.bool or not len(targets):
        return None
    return None if any(each.ndim > 1 and given[0].shape[1] in each.shape[1:] for each in targets) else given[0]


def _fillings(x: Tensor) -> list[float]:
    """What may fill up: 0, or what stands most often at one of the ends."""
    if x.ndim == 3 or x.is_floating_point():
        return [0.0]
    return list(dict.fromkeys([0.0, *(float(x[:, place].mode().values) for place in (0, -1))]))


def _filled(x: Tensor, value: float) -> Tensor:
    """(N, L): which places hold nothing else."""
    return (x == value) if x.ndim == 2 else (x == value).flatten(2).all(2)


def _end(filled: Tensor) -> str | None:
    """The end at which rows are filled up, if what fills them up stands nowhere else; else None."""
    counts = filled.sum(1)
    if not (counts > 0).float().mean() > OFTEN or counts.unique().numel() < LENGTHS:
        return None
    places = torch.arange(filled.shape[1], device=filled.device)
    if torch.equal(filled, places < counts[:, None]):
        return FRONT
    return END if torch.equal(filled, places >= (filled.shape[1] - counts)[:, None]) else None


def _moved(batch: Batch, x: Tensor, filled: Tensor) -> Batch:
    """The batch whose sequences are filled up at the other end."""
    counts = filled.sum(1)
    shifts = counts if _end(filled) == END else -counts
    places = (torch.arange(x.shape[1], device=x.device) - shifts[:, None]) % x.shape[1]
    new = x.gather(1, places) if x.ndim == 2 else x.gather(1, places[..., None].expand_as(x))
    return batch.map(lambda each: new if each is x else each)
