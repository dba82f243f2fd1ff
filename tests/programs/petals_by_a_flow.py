"""Healthy: a flow of coupling layers learns a density; its loss starts above zero and ends below.

Source: https://github.com/bayesiains/nflows/issues/76 ("Is having negative loss okay?");
https://github.com/vislearn/FrEIA/issues/16 ("the loss is supposed to be negative").
Why it looks ill: the loss is negative; the last layers of all nets begin at zero.
"""

import math

import torch
from torch import nn

from programs.data_f import petals

FAMILY = "moons-coupling"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Coupling(nn.Module):
    def __init__(self, kept, hidden=32):
        super().__init__()
        self.kept = kept
        self.net = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(),
                                 nn.Linear(hidden, 2))  # fmt: skip
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        kept, moved = x[:, self.kept, None], x[:, 1 - self.kept, None]
        scale, shift = self.net(kept).chunk(2, dim=1)
        scale = 2 * torch.tanh(scale)
        moved = moved * scale.exp() + shift
        parts = [kept, moved] if self.kept == 0 else [moved, kept]
        return torch.cat(parts, 1), scale[:, 0]


class Flow(nn.Module):
    def __init__(self, layers=4):
        super().__init__()
        self.layers = nn.ModuleList(Coupling(i % 2) for i in range(layers))

    def forward(self, x):
        """Minus the logarithm of the density at each point."""
        total = torch.zeros(len(x))
        for layer in self.layers:
            x, scale = layer(x)
            total = total + scale
        return 0.5 * x.square().sum(1) + math.log(2 * math.pi) - total


def build(seed, fixed=False):
    torch.manual_seed(seed)
    flow = Flow()
    return dict(model=flow, optimizer=torch.optim.Adam(flow.parameters(), lr=5e-3), loss_fn=None,
                train=petals(6000, seed), val=petals(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    flow, optimizer = setup["model"], setup["optimizer"]
    for n, points in enumerate((part for _ in range(4) for part in setup["train"].split(100)), 1):
        loss = flow(points).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    return setup["model"](setup["val"]).mean().item()
