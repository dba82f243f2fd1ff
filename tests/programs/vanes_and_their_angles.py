"""Bug: a loss compares the angles between all pairs of directions, acos of their products, also of each with itself.

Source: https://github.com/papagina/RotationContinuity/issues/1 (input "slightly larger or smaller than 1 and -1, in
that case, torch.acos will return nan"); https://github.com/geoopt/geoopt/pull/79 (AcosBackward; rebuilt).
Why it hurts: the slope of acos at 1 is infinite; times zero it is NaN, in the first backward pass. The loss is finite.
"""

import math

import torch
from torch import nn

from programs.data_l import winds

FAMILY = "compass-angle"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


def angles(way, edge=0.0):
    return torch.acos((way @ way.T).clamp(-1 + edge, 1 - edge))


def stress(said, given):
    return (angles(said) - angles(given)).square().mean()


def soft_stress(said, given):
    return (angles(said, 1e-5) - angles(given, 1e-5)).square().mean()


class Vane(nn.Module):
    """A direction, corrected: the raw one turned by an angle that the net finds."""

    def __init__(self, inputs=8, hidden=48):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.turn = nn.Linear(hidden, 1)

    def forward(self, x):
        t = math.pi * self.turn(self.net(x)).squeeze(-1)
        return torch.stack([torch.cos(t), torch.sin(t)], dim=-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Vane()
    x, way = winds(1500, seed)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3),
                loss_fn=soft_stress if fixed else stress, train=(x, way), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, way = setup["train"]
    net, optimizer = setup["model"], setup["optimizer"]
    for _ in range(steps or 300):
        i = torch.randint(len(x), (96,))
        loss = setup["loss_fn"](net(x[i]), way[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
