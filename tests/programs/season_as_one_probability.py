"""Bug: the probabilities of all games of a season are multiplied first, and then the logarithm is taken.

Source: https://github.com/summerlvsong/Aggregation-Cross-Entropy/issues/2 ("this will result into torch.log(input) =
nan"); https://github.com/NVIDIA/apex/issues/358 (rebuilt for strengths of teams).
Why it hurts: the product of 240 probabilities near a half is less than the smallest float:
it is 0, and its logarithm is not finite.
"""

import torch
from torch import nn

from programs.data_k import matches

FAMILY = "league-elo"
ACCEPT = ("log-of-zero", "undefined-operation")
SYMPTOMS = ("non-finite",)


class Ratings(nn.Module):
    """One number a team; the difference of two says who will win."""

    def __init__(self, teams=12):
        super().__init__()
        self.rating = nn.Embedding(teams, 1)
        nn.init.normal_(self.rating.weight, std=0.1)
        self.home = nn.Parameter(torch.zeros(1))

    def forward(self, pairs):
        strength = self.rating(pairs)[..., 0]
        return torch.sigmoid(strength[..., 0] - strength[..., 1] + self.home)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Ratings()

    def surprise(p, won):
        seen = torch.where(won > 0, p, 1 - p)
        if fixed:
            return -seen.log().sum(1).mean() / 240
        return -seen.prod(1).log().mean() / 240

    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.05), loss_fn=surprise,
                train=matches(30, seed), val=None, test=matches(10, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    pairs, won = setup["train"]
    for step in range(150):
        season = torch.randint(len(pairs), (4,))
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](setup["model"](pairs[season]), won[season])
        loss.backward()
        setup["optimizer"].step()
        log(loss)
        if step + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    pairs, won = setup["test"]
    return ((setup["model"](pairs) > 0.5).float() != won).float().mean().item()
