"""Healthy: an energy is learned by telling real points from drawn ones (noise-contrastive estimation).

Source: Gutmann and Hyvärinen, "Noise-contrastive estimation", AISTATS 2010 (rebuilt from the paper).
Why it looks ill: the loss begins at ln 2 and stops not far under it, for most points may come from either.
"""

import math

import torch
from torch import nn

from programs.data_m import two_sensors

FAMILY = "sensors-nce"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "high-flat")


class Energy(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1)
        )
        self.log_z = nn.Parameter(torch.zeros(()))

    def log_density(self, point):
        return -self.net(point)[:, 0] - self.log_z


class Noise:
    """A round bell, a little wider than the data."""

    def __init__(self, sigma=1.1):
        self.sigma = sigma

    def sample(self, n):
        return self.sigma * torch.randn(n, 2)

    def log_density(self, point):
        return -0.5 * (point / self.sigma).square().sum(1) - math.log(2 * math.pi * self.sigma**2)


def nce(model, noise, real):
    drawn = noise.sample(len(real))
    odds_real = model.log_density(real) - noise.log_density(real)
    odds_drawn = model.log_density(drawn) - noise.log_density(drawn)
    return (nn.functional.softplus(-odds_real) + nn.functional.softplus(odds_drawn)).mean() / 2


def build(seed, fixed=False):
    torch.manual_seed(seed)

    def points(n, seed):
        a, b = two_sensors(n, seed)
        return torch.stack([a[:, 0], b[:, 0]], 1)

    model = Energy()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=None, noise=Noise(),
                train=points(4000, seed), val=None, test=points(2000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for n in range(400):
        real = setup["train"][torch.randint(len(setup["train"]), (100,))]
        loss = nce(setup["model"], setup["noise"], real)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if n + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    return nce(setup["model"], setup["noise"], setup["test"]).item()
