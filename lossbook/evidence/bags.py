"""Examples of unlike length in one row, and the places where they begin, as ``torch.nn.EmbeddingBag`` takes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


class Bags(NamedTuple):
    """Indices in a row, and the place of each bag's first one.

    >>> bags = bags_in([torch.tensor([5, 6, 7, 8]), torch.tensor([0, 1])])
    >>> bags.table()
    tensor([[6, 0, 0],
            [7, 8, 9]])
    """

    row: Tensor
    starts: Tensor

    def places(self, chosen: Tensor) -> Tensor:
        """Which numbers of the row the bags with these numbers hold, one bag after another."""
        begin, lengths = self.starts[chosen], self.lengths()[chosen]
        return torch.cat([torch.arange(b, b + n) for b, n in zip(begin.tolist(), lengths.tolist(), strict=True)])

    def lengths(self) -> Tensor:
        """How many indices each bag holds."""
        return torch.diff(self.starts, append=self.starts.new_tensor([len(self.row)]))

    def part(self, each: Tensor, chosen: Tensor) -> Tensor:
        """What is left of a tensor of the batch, if it keeps the bags with these numbers alone."""
        if each is self.starts:
            lengths = self.lengths()[chosen]
            return (lengths.cumsum(0) - lengths).to(each)
        if each.ndim and len(each) == len(self.row):
            return each[self.places(chosen)]
        return each[chosen] if each.ndim and len(each) == len(self.starts) else each

    def table(self) -> Tensor:
        """A line for each bag, of its indices plus 1, filled up with zeros."""
        return pad_sequence(list((self.row + 1).split(self.lengths().tolist())), batch_first=True)


def bags_in(given: Sequence[Tensor]) -> Bags | None:
    """The bags among the inputs of a batch; None if it has none."""
    whole = [each for each in given if each.ndim == 1 and each.dtype in (torch.int64, torch.int32)]
    for row, starts in permutations(whole, 2):
        if not 1 < len(starts) < len(row) or starts[0] != 0 or not starts.any():
            continue
        if bool((starts.diff() >= 0).all()) and int(starts[-1]) <= len(row):
            return Bags(row, starts)
    return None


def joined_starts(each: Sequence[Bags]) -> Tensor:
    """The places where bags begin, if the rows of several batches stand one after another."""
    before = torch.tensor([0, *(len(bags.row) for bags in each[:-1])]).cumsum(0)
    return torch.cat([bags.starts + int(by) for bags, by in zip(each, before, strict=True)])
