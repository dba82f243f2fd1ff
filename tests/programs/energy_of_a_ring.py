"""Healthy: an energy model of points on a ring: low where points are, higher where its own samples wander.

Source: https://github.com/wuaalb/keras_extensions/issues/7 ("Negative values for CD loss": "I don't think there's any
theoretical constraint why the loss function should not be negative"; rebuilt, with steps of Langevin).
Why it looks ill: the loss is the difference of two energies: near 0, of both signs, with hardly a trend.
"""

import math

import torch
from torch import nn

FAMILY = "ebm-rings"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "high-flat", "plateau", "spiking")


def ring(n, g):
    angle = 2 * math.pi * torch.rand(n, generator=g)
    radius = 1.5 + 0.1 * torch.randn(n, generator=g)
    return radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1)


class Energy(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1))

    def forward(self, x):
        return self.net(x).squeeze(1) + 0.05 * x.square().sum(1)


def langevin(energy, x, g, steps=10, size=0.05):
    for _ in range(steps):
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(energy(x).sum(), x)
        x = x - size * slope + math.sqrt(2 * size) * 0.5 * torch.randn(x.shape, generator=g)
    return x.detach()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    energy, g = Energy(), torch.Generator().manual_seed(7000 + seed)
    return dict(model=energy, optimizer=torch.optim.Adam(energy.parameters(), lr=2e-3), loss_fn=None,
                train=ring(2000, g), val=None, buffer=torch.randn(1000, 2, generator=g), generator=g,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    energy, g, buffer = setup["model"], setup["generator"], setup["buffer"]
    for _ in range(steps or 400):
        real = setup["train"][torch.randint(len(setup["train"]), (64,), generator=g)]
        which = torch.randint(len(buffer), (64,), generator=g)
        buffer[which] = fake = langevin(energy, buffer[which], g)
        e_real, e_fake = energy(real), energy(fake)
        loss = (e_real - e_fake).mean() + 0.3 * (e_real.square() + e_fake.square()).mean()
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


def error(setup):
    """How far the kept samples are from the ring."""
    return (setup["buffer"].norm(dim=1) - 1.5).abs().mean().item()
