"""One answer for a whole batch, and answers among the questions, in programs of another kind than those missed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, WIDTH = 16, 6


class Bags(nn.Module):
    """What bags of words are worth, from one long list of words and where each bag begins."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__()
        self.embedding, self.head, self.whole = nn.Embedding(30, 8), nn.Linear(8, 1), whole

    def forward(self, words: Tensor, owner: Tensor, bags: int) -> Tensor:
        h = self.embedding(words)
        if self.whole:
            return self.head(h.mean(0)).expand(bags)
        return self.head(torch.zeros(bags, 8).index_add(0, owner, h))[:, 0]


def bags(*, whole: bool) -> Case:
    with seeded(0):
        model, worth = Bags(whole=whole), torch.randn(30)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        with watch(model, optimizer) as watching:
            for _ in range(30):
                owner = torch.arange(N).repeat_interleave(torch.randint(2, 6, (N,)))
                words = torch.randint(0, 30, (len(owner),))
                y = torch.zeros(N).index_add(0, owner, worth[words])
                loss = F.mse_loss(model(words, owner, N), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize("whole", [True, False])
def test_one_answer_for_all_examples_of_a_batch_is_mixing(*, whole: bool) -> None:
    reading = PROBES["batch-mixing"](bags(whole=whole))
    assert reading.found is whole, reading
