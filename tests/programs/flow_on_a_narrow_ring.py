"""Healthy: a normalising flow on a narrow ring; its loss is the negative log likelihood, and it goes below zero.

Source: https://github.com/bayesiains/nflows/issues/76 (is having negative loss okay?; rebuilt). Nothing to mend: a
density can be far greater than one, and its negative logarithm has no floor at 0.
"""

import math

import torch
from torch import nn

FAMILY = "rings-flow"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "slow", "plateau")


def ring(n, generator):
    """Points on a ring, a tenth of a unit wide."""
    angle = 2 * math.pi * torch.rand(n, generator=generator)
    radius = 0.3 + 0.03 * torch.randn(n, generator=generator)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1)


class Coupling(nn.Module):
    """One coordinate is moved and stretched by what the other one says."""

    def __init__(self, swap, width=48):
        super().__init__()
        self.swap = swap
        self.net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.net.append(nn.Linear(width, 2))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        if self.swap:
            x = x.flip(1)
        stretch, shift = self.net(x[:, :1]).chunk(2, dim=1)
        stretch = 2 * torch.tanh(stretch / 2)
        return torch.cat([x[:, :1], x[:, 1:] * stretch.exp() + shift], dim=1), stretch[:, 0]


class Flow(nn.Module):
    def __init__(self, layers=8):
        super().__init__()
        self.layers = nn.ModuleList(Coupling(swap=i > 0) for i in range(layers))
        self.scale = nn.Parameter(torch.zeros(2))

    def log_prob(self, x):
        x, total = x * self.scale.exp(), self.scale.sum()
        for layer in self.layers:
            x, stretched = layer(x)
            total = total + stretched
        return total - 0.5 * x.square().sum(1) - math.log(2 * math.pi)

    def forward(self, x):
        return -self.log_prob(x).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    flow, g = Flow(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam([{"params": flow.layers.parameters()}, {"params": [flow.scale], "lr": 2e-2}], lr=4e-3)
    return dict(model=flow, optimizer=optimizer, loss_fn=None, train=None, stream=g, val=ring(500, g), fixed=fixed)


def train(setup, log, steps=None):
    flow, optimizer = setup["model"], setup["optimizer"]
    for _ in range(steps or 300):
        loss = flow(ring(128, setup["stream"]))
        loss.backward()
        nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
        optimizer.step()
        optimizer.zero_grad()
        log(loss)


@torch.no_grad()
def error(setup):
    return setup["model"](setup["val"])
