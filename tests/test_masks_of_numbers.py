"""A causal mask of the numbers 0 and 1 is added to the scores, and hides nothing; eval mode may read it otherwise."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from foreign import seeded
from torch import Tensor, nn

from lossbook.diagnosis import watch
from lossbook.probes import PROBES

N, LONG, WORDS = 320, 10, 9


class Chants(nn.Module):
    """Says which syllable comes next."""

    def __init__(self, *, numbers: bool) -> None:
        super().__init__()
        self.numbers = numbers
        self.word, self.place = nn.Embedding(WORDS, 24), nn.Parameter(0.3 * torch.randn(LONG, 24))
        layer = nn.TransformerEncoderLayer(24, 2, 48, dropout=0.0, batch_first=True)
        self.layers, self.out = nn.TransformerEncoder(layer, 1), nn.Linear(24, WORDS)

    def forward(self, ids: Tensor) -> Tensor:
        later = torch.ones(LONG, LONG, device=ids.device).triu(1)
        mask = later if self.numbers else later.bool()
        return self.out(self.layers(self.word(ids) + self.place, mask=mask))


@pytest.mark.parametrize("numbers", [True, False])
def test_a_mask_of_numbers_lets_each_place_see_the_next(numbers: bool) -> None:
    with seeded(0):
        ids = torch.randint(WORDS, (N, LONG + 1))
        model = Chants(numbers=numbers)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        with watch(model, optimizer) as watching:
            for rows in (rows for _ in range(12) for rows in torch.randperm(N).split(32)):
                optimizer.zero_grad()
                loss = F.cross_entropy(model(ids[rows, :-1]).flatten(0, 1), ids[rows, 1:].flatten())
                loss.backward()
                optimizer.step()
                watching.step(loss)
        reading = PROBES["target-leak"](watching.case())
    assert reading.found is numbers, reading
    assert torch.backends.mha.get_fastpath_enabled()
