"""Healthy: a network estimates the mutual information of two sensors; the loss is minus the estimate.

Source: https://github.com/xu-ji/IIC/issues/87 ("Loss is supposed to be negative because mutual information is
nonnegative"); https://github.com/DuaneNielsen/DeepInfomaxPytorch/issues/11 (rebuilt).
Why it looks ill: the loss begins at 0, goes below it, is noisy, and stops at about minus one.
"""

import math

import torch
from torch import nn

from programs.data_m import two_sensors

FAMILY = "mine-sensors"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "oscillating", "spiking")


class Statistic(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.left, self.right = nn.Linear(2, width), nn.Linear(2, width, bias=False)
        self.rest = nn.Sequential(nn.ELU(), nn.Linear(width, width), nn.ELU(), nn.Linear(width, 1))

    def forward(self, a, b):
        return self.rest(self.left(a) + self.right(b)).squeeze(1)


def donsker_varadhan(net, a, b):
    """A lower bound of the information, from pairs and from pairs torn apart."""
    together = net(a, b).mean()
    apart = torch.logsumexp(net(a, b[torch.randperm(len(b))]), 0) - math.log(len(b))
    return together - apart


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Statistic()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=1e-3), loss_fn=None,
                train=two_sensors(4000, seed), val=None, test=two_sensors(2000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    a, b = setup["train"]
    for n in range(450):
        rows = torch.randint(len(a), (128,))
        loss = -donsker_varadhan(setup["model"], a[rows], b[rows])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if n + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    return -donsker_varadhan(setup["model"], *setup["test"]).item()
