"""Healthy: the marginal likelihood of a Gaussian process; the loss goes below zero, and three numbers are learnt.

Source: https://github.com/cornellius-gp/gpytorch/issues/1264 ("the loss turns negative");
https://github.com/roggirg/AutoBots/issues/7 ("NLL can have negative values").
Why it looks ill: the loss is negative, and there is no net.
"""

import math

import torch
from torch import nn

from programs.data_l import gauge

FAMILY = "gp-tides"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class ExactGP(nn.Module):
    def __init__(self):
        super().__init__()
        self.raw_length = nn.Parameter(torch.zeros(()))
        self.raw_scale = nn.Parameter(torch.zeros(()))
        self.raw_noise = nn.Parameter(torch.zeros(()))

    def kernel(self, a, b):
        length, scale = nn.functional.softplus(self.raw_length), nn.functional.softplus(self.raw_scale)
        return scale * torch.exp(-0.5 * (a - b.T).square() / length.square())

    def forward(self, x, y):
        """Minus the logarithm of the likelihood, for each point."""
        noise = nn.functional.softplus(self.raw_noise) + 1e-3
        low = torch.linalg.cholesky(self.kernel(x, x) + noise * torch.eye(len(x)))
        alpha = torch.cholesky_solve(y.unsqueeze(1), low)[:, 0]
        return (0.5 * y @ alpha + low.diagonal().log().sum()) / len(x) + 0.5 * math.log(2 * math.pi)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gp = ExactGP()
    return dict(model=gp, optimizer=torch.optim.Adam(gp.parameters(), lr=0.1), loss_fn=None, train=gauge(80, seed),
                val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    for _ in range(steps or 150):
        setup["optimizer"].zero_grad()
        loss = setup["model"](x, y)
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
