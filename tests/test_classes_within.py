"""Targets that only the model's own loss sees: of which kinds are those that count?"""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, PLACES, KINDS, STEPS = 24, 10, 6, 80


class Tagger(nn.Module):
    """Gives its loss alone; tags of 0 are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.tags = nn.Embedding(30, 24), nn.Linear(24, KINDS)

    def forward(self, words: Tensor, tags: Tensor) -> Tensor:
        scores = self.tags(torch.tanh(self.words(words)))
        return F.nll_loss(scores.log_softmax(-1).flatten(0, 1), tags.flatten(), ignore_index=0)


class Contrast(nn.Module):
    """Its own classes are all 0: the right one of several always comes first."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Embedding(30, 24), nn.Flatten(), nn.Linear(24 * PLACES, 16))

    def forward(self, words: Tensor, others: Tensor) -> Tensor:
        asked, found, wrong = (F.normalize(self.net(each), dim=1) for each in (words, words.clone(), others))
        scores = torch.cat([(asked * found).sum(1, keepdim=True), asked @ wrong.T], dim=1)
        return F.cross_entropy(10 * scores, torch.zeros(len(words), dtype=torch.long))


def trained(model: nn.Module, *, one: bool) -> Case:
    with seeded(0):
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                words = torch.randint(30, (N, PLACES))
                second = words % (KINDS - 1) + 1  # 0 is none of them
                if one:
                    second = torch.where(second == 3, second, 0)
                optimizer.zero_grad()
                model(words, second).backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize("one", [True, False])
def test_a_loss_of_the_model_that_counts_one_kind_alone_is_found(one: bool) -> None:
    with seeded(1):
        case = trained(Tagger(), one=one)
    assert case.loss is None
    reading = PROBES["degenerate-targets"](case)
    assert reading.found is one, reading


def test_classes_that_the_model_makes_itself_are_none_of_the_data() -> None:
    with seeded(1):
        reading = PROBES["degenerate-targets"](trained(Contrast(), one=False))
    assert reading.outcome == "does not apply", reading
