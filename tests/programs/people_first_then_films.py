"""Healthy: two optimisers take turns of twenty steps: one moves people, the other films.

Source: no thread; alternating least squares does the same with exact steps.
Why it looks ill: at any moment half of the parameters stand still, and they have no gradient.
"""

import torch
from torch import nn

from programs.data_i import films

FAMILY = "films-svd"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class Alternating(nn.Module):
    def __init__(self, people=60, things=40, rank=4):
        super().__init__()
        self.people, self.films = nn.Embedding(people, rank + 1), nn.Embedding(things, rank + 1)
        for table in (self.people, self.films):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, who, what):
        p, f = self.people(who), self.films(what)
        return 3.2 + p[:, 0] + f[:, 0] + (p[:, 1:] * f[:, 1:]).sum(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Alternating()
    optimizers = tuple(torch.optim.Adam(part.parameters(), lr=0.02) for part in (model.people, model.films))
    return dict(model=model, optimizer=optimizers, loss_fn=nn.MSELoss(), train=films(6000, seed), val=None,
                test=films(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, sides = setup["model"], (setup["model"].people, setup["model"].films)
    for n in range(400 if steps is None else steps):
        turn = (n // 20) % 2
        sides[turn].requires_grad_(True)
        sides[1 - turn].requires_grad_(False)
        rows = torch.randint(6000, (200,))
        who, what, stars = (column[rows] for column in setup["train"])
        loss = setup["loss_fn"](model(who, what), stars)
        setup["optimizer"][turn].zero_grad()
        loss.backward()
        setup["optimizer"][turn].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    who, what, stars = setup["test"]
    return (setup["model"](who, what) - stars).square().mean().item()
