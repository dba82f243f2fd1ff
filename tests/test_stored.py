"""What reading does to the numbers that a data set holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, Subset

from lossbook.evidence.stored import written_by_reading

N = 48


class Pictures(Dataset[Any]):
    """Of numbers that are stored, and varied when they are read."""

    def __init__(self, how: str) -> None:
        self.how, self.rng = how, np.random.default_rng(0)
        self.stored = torch.rand(N, 3, 8, 8)
        self.scratch, self.cache = torch.zeros(N, 3, 8, 8), torch.zeros(N, 3, 8, 8)
        self.mean = torch.zeros(3, 1, 1)

    def __len__(self) -> int:
        return N

    def __getitem__(self, i: int) -> Any:
        x = self.stored[i]
        if self.how == "a square of a copy":
            x = x.clone()
        if "square" in self.how:
            top, left = self.rng.integers(0, 5, 2)
            x[:, top : top + 4, left : left + 4] = 0.0
        elif self.how == "noise is added":
            x += 0.1 * torch.randn_like(x)
        elif self.how == "noise is added to a copy":
            x = x + 0.1 * torch.randn_like(x)
        elif self.how == "channels are scaled":
            x.sub_(x.mean()).div_(x.std() + 0.5)
        elif self.how == "one place for all that is read":
            self.scratch[:] = x + torch.rand(())
            x = self.scratch[0]
        elif self.how == "a cache":
            self.cache[i] = x.flip(-1)
            x = self.cache[i]
        elif self.how == "a running mean":
            self.mean.lerp_(x.mean((1, 2), keepdim=True), 0.1)
            x = x - self.mean
        elif self.how == "a generator that nobody knows":
            self.scratch[i] = 1.0
            x = x + np.random.default_rng().random()
        return x, i % 3


@pytest.mark.parametrize("how", ["a square", "noise is added", "channels are scaled"])
def test_what_is_written_into_the_stored_numbers_is_seen_and_stays_out_of_the_data(how: str) -> None:
    data = Pictures(how)
    before = data.stored.clone()
    written = written_by_reading(DataLoader(Subset(data, range(N)), batch_size=8))
    assert written is not None
    assert written > 0.5
    assert torch.equal(before, data.stored)


@pytest.mark.parametrize(
    "how",
    ["a square of a copy", "noise is added to a copy", "one place for all that is read", "a cache", "a running mean"],
)
def test_what_does_not_spoil_a_later_reading_is_silent(how: str) -> None:
    assert written_by_reading(DataLoader(Pictures(how), batch_size=8)) == 0.0


def test_it_cannot_tell_of_draws_that_do_not_come_again_nor_of_workers_nor_of_lists() -> None:
    assert written_by_reading(DataLoader(Pictures("a generator that nobody knows"))) is None
    assert written_by_reading(DataLoader(Pictures("a square"), num_workers=1)) is None
    assert written_by_reading([(torch.zeros(2), torch.zeros(2))]) is None
