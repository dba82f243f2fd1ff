"""Whether examples that look alike have targets that are alike, which no training is needed to see."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lossbook.evidence import Batch
from lossbook.probes.examples import rows_of
from lossbook.probes.made_up import probabilities
from lossbook.probes.one_by_one import SAMPLE


def order_of(rng: np.random.Generator, y: Tensor) -> Tensor:
    """The places of the targets in a random order."""
    return torch.from_numpy(rng.permutation(len(y))).to(y.device)


def strangers(every: Batch, held_out: Batch) -> float | None:
    """How far a held-out target is from that of the most similar example seen, over the same with targets permuted."""
    some = held_out.first(SAMPLE)
    x, held_x = map(rows_of, (every, some))
    y, held_y = every.target, some.target
    if x is None or held_x is None or x.shape[1:] != held_x.shape[1:] or not isinstance(held_y, Tensor):
        return None
    if y.shape[1:] != held_y.shape[1:] or len(held_x) != len(held_y) or len(x) != len(y):
        return None
    power = 2.0 if x.is_floating_point() else 0.0  # of tokens, how many differ
    nearest = torch.cdist(held_x.float(), x.float(), p=power).argmin(dim=1)
    mixed = order_of(np.random.default_rng(0), y)
    as_given, by_chance = (_distance(target[nearest], held_y) for target in (y, y[mixed]))
    return as_given / by_chance if by_chance > 0 else 1.0


def _distance(y: Tensor, other: Tensor) -> float:
    """The share of classes that differ, of distributions the most likely ones; the mean distance of numbers."""
    y, other = (part.argmax(-1) if part.is_floating_point() and probabilities(part) else part for part in (y, other))
    y, other = y.reshape(len(y), -1), other.reshape(len(other), -1)
    return float((y - other).abs().mean() if y.is_floating_point() else (y != other).float().mean())
