"""Bug: the seconds since 1970 are made into 32-bit floats first, and only then into the phase of the lamp.

Source: https://github.com/CliMA/ClimaAtmos.jl/issues/955 ("When using float32, there may be roundoff errors in model
time"); https://github.com/circonus-labs/reconnoiter/pull/330 (rebuilt as inputs of a net).
Why it hurts: at 1.7e9 the next number is 128 s away, six turns of the lamp; what comes out as its phase is chance.
"""

import math

import torch
from torch import nn

from programs.data_t import beacons

FAMILY = "lighthouses-fourier"
ACCEPT = ("low-precision",)
SYMPTOMS = ("plateau", "high-flat")


class FourierTime(nn.Module):
    """Sines and cosines of the time, at the period of the lamp and at parts of it."""

    def __init__(self, period=20.0, harmonics=4):
        super().__init__()
        self.register_buffer("omega", 2 * math.pi * torch.arange(1.0, harmonics + 1) / period)

    def forward(self, t):
        angle = t[:, None] * self.omega
        return torch.cat([angle.sin(), angle.cos()], dim=1)


class Lamp(nn.Module):
    def __init__(self):
        super().__init__()
        self.time = FourierTime()
        self.mlp = nn.Sequential(nn.Linear(9, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1))

    def forward(self, t, mist):
        return self.mlp(torch.cat([self.time(t), mist[:, None]], dim=1)).squeeze(1)


def load(n, seed, origin):
    when, mist, seen = beacons(n, seed)
    return (when - origin).float(), mist, seen


def build(seed, fixed=False):
    torch.manual_seed(seed)
    lamp = Lamp()
    origin = 1.7e9 if fixed else 0.0
    return dict(model=lamp, optimizer=torch.optim.Adam(lamp.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=load(2400, seed, origin), val=load(400, seed + 500, origin), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    t, mist, seen = setup["train"]
    n = 0
    for _epoch in range(10):
        for i in torch.randperm(len(t)).split(40):
            loss = setup["loss_fn"](setup["model"](t[i], mist[i]), seen[i])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    t, mist, seen = setup["val"]
    return setup["loss_fn"](setup["model"](t, mist), seen).item()
