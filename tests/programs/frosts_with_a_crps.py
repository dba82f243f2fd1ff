"""Healthy: a forecast of the night's frost as a bell, trained with the continuous ranked probability score.

Source: the closed form of Gneiting and Raftery, 2007, as forecasters use it (rebuilt from the formula).
Why it looks ill: two outputs for one target, and the score ends far above zero, for some nights are uncertain.
"""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import frosts

FAMILY = "crps-frost"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


def crps(params, y):
    mu, sigma = params[:, 0], nn.functional.softplus(params[:, 1]) + 1e-3
    z = (y - mu) / sigma
    pdf = torch.exp(-0.5 * z.square()) / math.sqrt(2 * math.pi)
    cdf = 0.5 * (1 + torch.erf(z / math.sqrt(2)))
    return (sigma * (z * (2 * cdf - 1) + 2 * pdf - 1 / math.sqrt(math.pi))).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(6, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 2))
    loader = DataLoader(TensorDataset(*frosts(2000, seed)), batch_size=50, shuffle=True)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3), loss_fn=crps, train=loader,
                val=frosts(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    while True:
        for evening, lowest in setup["train"]:
            setup["optimizer"].zero_grad(set_to_none=True)
            loss = setup["loss_fn"](setup["model"](evening), lowest)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == (steps or 320):
                return


@torch.no_grad()
def error(setup):
    evening, lowest = setup["val"]
    return setup["loss_fn"](setup["model"](evening), lowest).item()
