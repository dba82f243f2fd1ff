"""Bug: the net that predicts the noise of a diffusion model ends with a ReLU.

Source: https://github.com/duanyiqun/DiffusionDepth/issues/15 ("the pred noise [...] is >0, because the last activation
function is RELU. However, shouldn't the randn noise contains both"; rebuilt).
Why it hurts: half of all noise is negative, and the net cannot say so.
"""

import math

import torch
from torch import nn

from programs.data_h import clover

FAMILY = "clover-ddpm"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("plateau", "high-flat", "slow")
T = 60


def block(d_in, d_out):
    return [nn.Linear(d_in, d_out), nn.ReLU()]


class NoisePredictor(nn.Module):
    def __init__(self, hidden=96, time_dim=16):
        super().__init__()
        self.register_buffer("freqs", torch.exp(torch.linspace(0, math.log(40.0), time_dim // 2)))
        self.net = nn.Sequential(*block(2 + time_dim, hidden), *block(hidden, hidden), *block(hidden, 2))

    def forward(self, x, t):
        angle = (t.float() / T)[:, None] * self.freqs * 3
        return self.net(torch.cat([x, angle.sin(), angle.cos()], 1))


class GaussianDiffusion:
    def __init__(self, model):
        self.model = model
        self.bar = torch.cumprod(1 - torch.linspace(1e-3, 0.15, T), 0)

    def loss(self, x0, t, noise):
        a = self.bar[t][:, None]
        return (self.model(a.sqrt() * x0 + (1 - a).sqrt() * noise, t) - noise).square().mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = NoisePredictor()
    if fixed:
        model.net = model.net[:-1]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=clover(5000, seed), val=None,
                diffusion=GaussianDiffusion(model), test=clover(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    points, optimizer = setup["train"], setup["optimizer"]
    for _ in range(400 if steps is None else steps):
        x0 = points[torch.randint(len(points), (128,))]
        loss = setup["diffusion"].loss(x0, torch.randint(T, (128,)), torch.randn(128, 2))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss)


@torch.no_grad()
def error(setup):
    g, x0 = torch.Generator().manual_seed(2), setup["test"]
    t, noise = torch.randint(T, (len(x0),), generator=g), torch.randn(x0.shape, generator=g)
    return setup["diffusion"].loss(x0, t, noise).item()
