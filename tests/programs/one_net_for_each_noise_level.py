"""Bug: a diffusion model keeps one small network for each noise level in a plain Python list.

Source: https://github.com/jmtomczak/intro_dgm/issues/6 (the p_dnns of a diffusion model are not in a ModuleList and
"are left unoptimized"; rebuilt).
Why it hurts: parameters() does not find what is in a list; only the last layer, which the levels share, is trained.
"""

import torch
from torch import nn

from programs.data_b import spiral

FAMILY = "spiral-levels"
ACCEPT = ("unregistered-layers", "parameters-not-optimized")
SYMPTOMS = ("plateau", "slow")


class Denoiser(nn.Module):
    def __init__(self, levels, registered):
        super().__init__()
        nets = [nn.Sequential(nn.Linear(2, 48), nn.SiLU(), nn.Linear(48, 16), nn.SiLU()) for _ in range(levels)]
        self.nets = nn.ModuleList(nets) if registered else nets
        self.out = nn.Linear(16, 2)
        self.register_buffer("keep", torch.linspace(0.95, 0.15, levels))

    def forward(self, noisy, level):
        return self.out(self.nets[level](noisy))

    def loss(self, x):
        total = 0.0
        for level, keep in enumerate(self.keep):
            noise = torch.randn_like(x)
            noisy = keep.sqrt() * x + (1 - keep).sqrt() * noise
            total = total + (self(noisy, level) - noise).square().mean()
        return total / len(self.keep)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Denoiser(6, registered=fixed)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return dict(
        model=model, optimizer=optimizer, loss_fn=None, train=None, points=spiral(4000, seed), val=None, fixed=fixed
    )


def train(setup, log, steps=None):
    model, optimizer, points, n = setup["model"], setup["optimizer"], setup["points"], 0
    for _epoch in range(8):
        for x in points[torch.randperm(len(points))].split(100):
            optimizer.zero_grad()
            loss = model.loss(x)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
