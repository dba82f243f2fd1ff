"""Examples of unlike length in one row, with the places where they begin, as ``torch.nn.EmbeddingBag`` takes them."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case, watch
from lossbook.evidence.bags import bags_in
from lossbook.probes import PROBES
from lossbook.probes.examples import joined, marks

ROW, STARTS = torch.tensor([3, 4, 5, 6, 7, 8]), torch.tensor([0, 2, 2, 5])  # two, none, three, one
BATCH = Batch((ROW, STARTS), {"per_sample_weights": torch.arange(6.0)}, torch.tensor([1, 0, 1, 0]))


class Tags(nn.Module):
    """What a herb is good for, by its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.uses = nn.EmbeddingBag(40, 16, mode="mean"), nn.Linear(16, 4)

    def forward(self, row: Tensor, starts: Tensor) -> Tensor:
        return self.uses(torch.relu(self.tags(row, starts)))


def lines(batch: Batch) -> list[list[int]]:
    """The bags one by one."""
    row, starts = batch.inputs
    ends = [*starts.tolist()[1:], len(row)]
    return [row[start:end].tolist() for start, end in zip(starts.tolist(), ends, strict=True)]


def trained(decay: float) -> Case:
    with seeded(0):
        model = Tags()
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=decay)
        with watch(model, optimizer) as watching:
            for _ in range(160):
                lengths, use = torch.randint(2, 9, (32,)), torch.randint(4, (32,))
                kind = use.repeat_interleave(lengths)
                row = torch.where(torch.rand(len(kind)) < 0.7, 10 * kind + torch.randint(10, kind.shape), kind)
                starts = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)[:-1]])
                optimizer.zero_grad()
                loss = F.cross_entropy(model(row, starts), use)
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def test_a_batch_of_bags_has_as_many_examples_as_bags() -> None:
    assert BATCH.size == 4
    assert lines(BATCH) == [[3, 4], [], [5, 6, 7], [8]]


def test_bags_are_cut_and_picked_with_their_weights_and_targets() -> None:
    first, last = BATCH.first(3), BATCH.rows(torch.tensor([3, 0]))
    assert lines(first) == [[3, 4], [], [5, 6, 7]]
    assert first.kwargs["per_sample_weights"].tolist() == [0, 1, 2, 3, 4]
    assert lines(last) == [[8], [3, 4]]
    assert last.target.tolist() == [0, 1]
    assert last.kwargs["per_sample_weights"].tolist() == [5, 0, 1]
    assert lines(BATCH.rows(torch.tensor([False, True, False, True]))) == [[], [8]]
    assert [lines(piece) for piece in BATCH.split(3)] == [[[3, 4], [], [5, 6, 7]], [[8]]]


def test_bags_of_several_batches_are_joined_and_told_apart() -> None:
    both = joined([BATCH, BATCH.first(3), BATCH.rows(torch.tensor([3, 2]))])
    assert lines(both) == [[3, 4], [], [5, 6, 7], [8], [3, 4], [], [5, 6, 7], [8], [5, 6, 7]]
    assert both.target.tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1]
    seen = marks(both)
    assert seen[:4] == [seen[4], seen[5], seen[6], seen[7]]
    assert seen[2] == seen[8]
    assert len(set(seen)) == 4


@pytest.mark.parametrize(
    "given",
    [
        [torch.arange(5), torch.arange(5)],  # as many as the row has
        [torch.arange(6), torch.tensor([1, 3])],  # the first one begins later
        [torch.arange(6), torch.tensor([0, 9])],  # beyond the row
        [torch.arange(6), torch.tensor([0, 4, 2])],  # in no order
        [torch.arange(6), torch.zeros(3, dtype=torch.int64)],
        [torch.ones(6), torch.tensor([0, 2])],  # measurements
    ],
)
def test_what_is_no_place_in_a_row(given: list[Tensor]) -> None:
    assert bags_in(given) is None


def test_a_decay_that_is_too_strong_for_bags_and_examples_that_are_not_mixed() -> None:
    strong, weak = trained(0.3), trained(1e-4)
    assert PROBES["weight-decay-too-strong"](strong).found
    assert PROBES["weight-decay-too-strong"](weak).outcome == "not found"
    for case in (strong, weak):
        assert PROBES["batch-mixing"](case).outcome == "not found"
        assert PROBES["labels-misaligned"](case).outcome == "not found"
