"""Healthy: a net of sines learns one picture, from the place of a pixel to its grey; all pixels in each step.

Source: Sitzmann et al. 2020, https://arxiv.org/abs/2006.09661 (rebuilt: first layer times 30, their start of weights).
Why it looks ill: one and the same batch in each step, on purpose, and a loss that falls to next to nothing.
"""

import math

import torch
from torch import nn

from programs.data_j import scenery

FAMILY = "siren-picture"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "too-good")


class Sine(nn.Module):
    def __init__(self, fan_in, fan_out, first=False, omega=30.0):
        super().__init__()
        self.linear, self.omega = nn.Linear(fan_in, fan_out), omega
        bound = 1 / fan_in if first else math.sqrt(6 / fan_in) / omega
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x):
        return torch.sin(self.omega * self.linear(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    size = 24
    picture = scenery(1, seed, size)[0, 0]
    axis = torch.linspace(-1, 1, size)
    place = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    net = nn.Sequential(Sine(2, 48, first=True), Sine(48, 48), nn.Linear(48, 1))
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-4), loss_fn=nn.MSELoss(),
                train=(place, 2 * picture.reshape(-1, 1) - 1), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    place, grey = setup["train"]
    for _step in range(steps or 300):
        loss = setup["loss_fn"](setup["model"](place), grey)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
