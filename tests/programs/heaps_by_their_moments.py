"""Healthy: a generator with a maximum mean discrepancy, no critic; the loss is small, noisy, and sometimes below zero.

Source: https://github.com/facebookresearch/simsiam/issues/44 (a loss that is negative);
https://github.com/marco-rudolph/differnet/issues/42 ("Is it normal for the training loss to be less than 0?").
Why it looks ill: it is near zero from early on, and falls by little.
"""

import torch
from torch import nn

from programs.data_l import leaves_on_water

FAMILY = "mmd-leaves"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "oscillating")


def kernel(a, b):
    far = (a[:, None] - b[None]).square().sum(-1)
    return sum(torch.exp(-far / (2 * s * s)) for s in (0.1, 0.3, 0.8))


def mmd(fake, real):
    """The unbiased estimate, which may be negative."""
    n = len(fake)
    same = 1 - torch.eye(n)
    within = (kernel(fake, fake) * same).sum() + (kernel(real, real) * same).sum()
    return within / (n * (n - 1)) - 2 * kernel(fake, real).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    generator = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    return dict(model=generator, optimizer=torch.optim.Adam(generator.parameters(), lr=2e-3), loss_fn=mmd,
                train=leaves_on_water(4000, seed), val=leaves_on_water(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    points = setup["train"]
    for _ in range(400 if steps is None else steps):
        real = points[torch.randint(len(points), (128,))]
        loss = setup["loss_fn"](setup["model"](torch.randn(128, 4)), real)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    return mmd(setup["model"](torch.randn(500, 4)), setup["val"]).item()
