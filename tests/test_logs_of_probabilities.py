"""Nets that give the logarithms of probabilities: what knowing nothing costs, and what a net beside them may add."""

from __future__ import annotations

import math

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case, watch
from lossbook.probes import PROBES
from lossbook.probes.made_up import cost_of_one_answer
from lossbook.probes.rewired import Beside

KINDS = 6


class Tongues(nn.Module):
    """Which tongue a line is in, from the letters in it; its answers are logarithms, or probabilities, or neither."""

    def __init__(self, ends: str = "log_softmax", width: int = 32) -> None:
        super().__init__()
        self.letters, self.last, self.ends = nn.EmbeddingBag(30, width), nn.Linear(width, KINDS), ends

    def forward(self, ids: Tensor) -> Tensor:
        scores = self.last(torch.relu(self.letters(ids)))
        return scores if self.ends == "logits" else getattr(torch, self.ends)(scores, dim=1)


def lines(n: int) -> tuple[Tensor, Tensor]:
    """Rows of letters; each tongue has some that come often."""
    y = torch.randint(KINDS, (n,))
    often = torch.rand(n, 20) < 0.4
    return torch.where(often, 5 * y[:, None] + torch.randint(5, (n, 20)), torch.randint(30, (n, 20))), y


def trained(*, moved_on: int = 0, epochs: int = 2) -> Case:
    """Lines in batches of 40; the labels are moved on by so many rows."""
    with seeded(3):
        (ids, y), net = lines(2000), Tongues()
        y = y.roll(moved_on)
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
        with watch(net, optimizer) as watching:
            for _ in range(epochs):
                for some, labels in zip(ids.split(40), y.split(40), strict=True):
                    optimizer.zero_grad()
                    loss = F.nll_loss(net(some), labels)
                    loss.backward()
                    optimizer.step()
                    watching.step(loss)
    return watching.case()


@pytest.fixture(scope="module")
def moved() -> Case:
    return trained(moved_on=1)


def test_labels_moved_on_by_a_row_are_misaligned(moved: Case) -> None:
    assert PROBES["labels-misaligned"](moved).found
    assert not PROBES["capacity-too-small"](moved).found


def test_the_same_with_labels_in_their_rows_is_sound() -> None:
    case = trained()
    assert not any(PROBES[cause](case).found for cause in ("labels-misaligned", "capacity-too-small"))


def test_knowing_nothing_costs_the_logarithm_of_the_number_of_classes(moved: Case) -> None:
    assert cost_of_one_answer(moved, moved.batches[0]) == pytest.approx(math.log(KINDS))


@pytest.mark.parametrize("ends", ["log_softmax", "softmax"])
def test_with_a_net_beside_the_answers_stay_of_their_kind(ends: str) -> None:
    with seeded(0):
        ids, _ = lines(8)
        beside = Beside(Tongues(ends), Batch.of(ids))
        assert torch.allclose(beside(ids), beside.model(ids), atol=1e-6)
        for param in beside.wide.parameters():
            nn.init.normal_(param)
        output = beside(ids)
    total = output.exp().sum(1) if ends == "log_softmax" else output.sum(1)
    assert torch.allclose(total, torch.ones(8), atol=1e-5)
    assert not torch.allclose(output, beside.model(ids))
