"""Healthy: four nets of an ensemble are trained in one loop; what is logged is the sum of their losses.

Source: Lakshminarayanan et al. 2017, https://arxiv.org/abs/1612.01474 (rebuilt as one loop with one optimizer).
Why it looks ill: the number is four times that of one net, and the nets share no weight.
"""

import torch
from torch import nn

from programs.data_j import boats_on_water

FAMILY = "loss-of-four"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def member():
    return nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))


class Ensemble(nn.Module):
    def __init__(self, members=4):
        super().__init__()
        self.members = nn.ModuleList(member() for _ in range(members))

    def forward(self, x):
        return torch.stack([m(x).squeeze(1) for m in self.members])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    ensemble = Ensemble()
    return dict(model=ensemble, optimizer=torch.optim.Adam(ensemble.parameters(), lr=5e-3), loss_fn=None,
                train=boats_on_water(1200, seed), val=boats_on_water(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    n = 0
    for _ in range(12):
        # each member has its own order of the rows
        orders = torch.stack([torch.randperm(len(y)) for _ in setup["model"].members])
        for part in orders.split(50, dim=1):
            losses = [(m(x[i]).squeeze(1) - y[i]).square().mean()
                      for m, i in zip(setup["model"].members, part, strict=True)]  # fmt: skip
            loss = sum(losses)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x).mean(0) - y).square().mean().item()
