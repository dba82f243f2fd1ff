"""Functions of torch that drop numbers in eval mode, too: by mistake, and on purpose."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, PLACES, WIDTH, STEPS = 64, 6, 16, 120


class Attentive(nn.Module):
    """How large are the tokens on average? The weights of the attention are dropped."""

    def __init__(self, *, follows: bool) -> None:
        super().__init__()
        self.tokens, self.ask, self.head = nn.Embedding(12, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 1)
        self.follows = follows

    def forward(self, ids: Tensor) -> Tensor:
        h = self.tokens(ids)
        share = 0.5 if self.training or not self.follows else 0.0
        return self.head(F.scaled_dot_product_attention(self.ask(h), h, h, dropout_p=share)).mean((1, 2))


def trained(*, follows: bool, draws: int = 1, judged: bool = True) -> Case:
    with seeded(0):
        model = Attentive(follows=follows)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        ids = torch.randint(12, (8 * N, PLACES))
        mean = ids.float().mean(1) / 4
        with watch(model, optimizer) as watching:
            for step in range(STEPS):
                rows = torch.randperm(7 * N)[:N]
                model.train()
                loss = F.mse_loss(model(ids[rows]), mean[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                if judged and step % 10 == 9:
                    model.eval()
                    with torch.no_grad():
                        sum(model(ids[7 * N :]) for _ in range(draws))
    return watching.case()


@pytest.mark.parametrize(
    ("follows", "draws", "judged", "found"),
    [(False, 1, True, True), (True, 1, True, False), (False, 10, True, False), (False, 1, False, False)],
)
def test_what_still_drops_in_eval_mode_is_found(follows: bool, draws: int, judged: bool, found: bool) -> None:
    """Not where it follows the mode, where one question is asked often, or where nobody asks in eval mode."""
    case = trained(follows=follows, draws=draws, judged=judged)
    assert case.seen.asked_again == (draws if judged else None)
    reading = PROBES["train-eval-mode"](case)
    assert reading.found is found, reading
