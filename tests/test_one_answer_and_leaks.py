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


class Tagger(nn.Module):
    """The tag of each word, from the words and the tags so far."""

    def __init__(self) -> None:
        super().__init__()
        self.word, self.tag = nn.Embedding(20, 12), nn.Embedding(6, 12)
        self.gru, self.head = nn.GRU(24, 24, batch_first=True), nn.Linear(24, 5)

    def forward(self, words: Tensor, tags: Tensor) -> Tensor:
        return self.head(self.gru(torch.cat([self.word(words), self.tag(tags)], 2))[0])


def so_far(tags: Tensor) -> Tensor:
    return torch.cat([torch.full((len(tags), 1), 5), tags[:, :-1]], 1)


def tagged(given: Callable[[Tensor], Tensor], *, copies: bool = False) -> Case:
    """Words that tell something of their tags; or, to copy, whose tags they are."""
    with seeded(0):
        model = Tagger()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        with watch(model, optimizer) as watching:
            for _ in range(150):
                words = torch.randint(0, 5 if copies else 20, (N, 8))
                tags = words.clone() if copies else (words + torch.randint(0, 2, words.shape)) % 5
                loss = F.cross_entropy(model(words, given(tags)).flatten(0, 1), tags.flatten())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize(
    ("given", "copies", "found"), [(Tensor.clone, False, True), (so_far, False, False), (so_far, True, False)]
)
def test_answers_among_several_inputs_are_found_and_what_shall_be_copied_is_not(
    given: Callable[[Tensor], Tensor], *, copies: bool, found: bool
) -> None:
    reading = PROBES["target-leak"](tagged(given, copies=copies))
    assert reading.found is found, reading


@pytest.mark.parametrize(("weight", "found"), [(None, True), (4.0, False), (0.5, True)])
def test_a_loss_that_counts_a_rare_class_more_accuses_no_imbalance(weight: float | None, *, found: bool) -> None:
    with seeded(3):
        x = torch.randn(1600, WIDTH)
        y = (x[:, 0] + 0.2 * torch.randn(1600) > 2).long()
        model = nn.Sequential(nn.Linear(WIDTH, 16), nn.ReLU(), nn.Linear(16, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
        weights = None if weight is None else torch.tensor([1.0, weight])
        with watch(model, optimizer, loss_fn=nn.CrossEntropyLoss(weight=weights)) as watching:
            for part in torch.randperm(1600).split(N):
                loss = F.cross_entropy(model(x[part]), y[part], weight=weights)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    reading = PROBES["class-imbalance"](watching.case())
    assert not reading.found or found, reading
    assert ("counts the rarest class" in reading.sentence) is (weight == 4.0), reading
