"""Healthy: shares between 0 and 1 are described by beta distributions; the loss is minus the log of a density.

Source: https://github.com/jeffffffli/res-loglikelihood-regression/issues/5 ("the loss value can be negative. Since
L=-log p, if the p>1, the loss will be negative"; rebuilt with torch.distributions).
Why it looks ill: the loss begins near 0 and goes below it.
"""

import torch
from torch import nn
from torch.distributions import Beta
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import shares

FAMILY = "shares-beta"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class BetaRegression(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(5, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU())
        self.alpha, self.beta = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, x):
        h = self.trunk(x)
        return Beta(F.softplus(self.alpha(h)).squeeze(1) + 0.1, F.softplus(self.beta(h)).squeeze(1) + 0.1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BetaRegression()
    loader = DataLoader(TensorDataset(*shares(1600, seed)), batch_size=64, shuffle=True)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=4e-3), loss_fn=None, train=loader,
                val=shares(300, seed + 500), fixed=fixed)  # fmt: skip


def nll(dist, y):
    return -dist.log_prob(y).mean()


def train(setup, log, steps=None):
    batches = 0
    for _epoch in range(12):
        for x, y in setup["train"]:
            loss = nll(setup["model"](x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            batches += 1
            if batches == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return nll(setup["model"](x), y).item()
