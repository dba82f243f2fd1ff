"""Bug: a net for a bent beam takes its second derivative as a difference with h = 1e-4, in single precision.

Source: https://github.com/scipy/scipy/pull/12998 ("a big fat warning is warranted somewhere to warn against using
finite differencing in float32"); https://github.com/SciML/NeuralPDE.jl/issues/931 (small steps in the derivatives of
such nets; rebuilt).
Why it hurts: the rounding of u, about 1e-7, is divided by h squared, 1e-8; the residual is noise of the order of ten.
"""

import math

import torch
from torch import nn

FAMILY = "beam-differences"
ACCEPT = ("low-precision",)
SYMPTOMS = ("high-flat", "plateau", "oscillating", "slow", "spiking")


class Beam(nn.Module):
    """u(x) on [0, 1] with u(0) = u(1) = 0 by construction."""

    def __init__(self, width=32):
        super().__init__()
        self.inp, self.mid, self.out = nn.Linear(1, width), nn.Linear(width, width), nn.Linear(width, 1)

    def forward(self, x):
        h = torch.tanh(self.mid(torch.tanh(self.inp(4 * x - 2))))
        return x * (1 - x) * self.out(h)


def second_derivative(u, x, h):
    return (u(x + h) - 2 * u(x) + u(x - h)) / h**2


def load(x):
    return -(math.pi**2) * torch.sin(math.pi * x) - 2 * math.pi**2 * torch.sin(2 * math.pi * x)


def residual(u, x, h):
    return (second_derivative(u, x, h) - load(x)).square().mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    u = Beam()
    return dict(model=u, optimizer=torch.optim.Adam(u.parameters(), lr=5e-3), loss_fn=residual, train=None, val=None,
                h=2e-2 if fixed else 1e-4, points=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    u, optimizer = setup["model"], setup["optimizer"]
    for it in range(steps or 600):
        x = 0.03 + 0.94 * torch.rand(64, 1, generator=setup["points"])
        loss = setup["loss_fn"](u, x, setup["h"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if it == 400:
            for group in optimizer.param_groups:
                group["lr"] *= 0.2
        log(loss.item())


@torch.no_grad()
def error(setup):
    """Against the true line."""
    x = torch.linspace(0, 1, 101)[:, None]
    true = torch.sin(math.pi * x) + 0.5 * torch.sin(2 * math.pi * x)
    return (setup["model"](x) - true).square().mean().item()
