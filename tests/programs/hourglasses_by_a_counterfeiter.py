"""Healthy: a GAN for pairs of numbers; the loss of the generator neither falls nor rises for long.

Source: of our own, after the GAN of https://github.com/pytorch/examples/tree/main/dcgan.
Why it is right: two nets play against each other, 0.69 is where they are even;
the drawn pairs become like the real ones.
"""

from itertools import pairwise

import torch
from torch import nn

FAMILY = "hourglasses-model"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "oscillating")


def real(n, g):
    """Height and waist of hourglasses: the waist is narrower where they are high."""
    height = torch.randn(n, generator=g)
    return torch.stack([1 + height, -0.6 * height + 0.4 * torch.randn(n, generator=g) - 0.5], 1)


def mlp(*sizes):
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    netG, netD = mlp(4, 32, 32, 2), mlp(2, 32, 32, 1)
    return dict(model=nn.ModuleDict({"G": netG, "D": netD}), loss_fn=nn.BCEWithLogitsLoss(),
                optimizer=[torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.0, 0.99)),
                           torch.optim.Adam(netD.parameters(), lr=4e-3, betas=(0.0, 0.99))],
                train=real(4000, torch.Generator().manual_seed(seed)), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    netG, netD = setup["model"]["G"], setup["model"]["D"]
    optG, optD = setup["optimizer"]
    bce = setup["loss_fn"]
    one, zero = torch.ones(64, 1), torch.zeros(64, 1)
    for i in range(700):
        x = setup["train"][torch.randint(4000, (64,))]
        fake = netG(torch.randn(64, 4))
        errD = bce(netD(x), one) + bce(netD(fake.detach()), zero)
        optD.zero_grad()
        errD.backward()
        optD.step()
        errG = bce(netD(fake), one)
        optG.zero_grad()
        errG.backward()
        optG.step()
        log(errG.item(), metric=-error(setup)) if i % 100 == 99 else log(errG.item())
        if i + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    """How far means, deviations and the covariance of drawn pairs are from those of the real ones."""
    g = torch.Generator().manual_seed(1)
    fake, x = setup["model"]["G"](torch.randn(2000, 4, generator=g)), real(2000, g)
    return ((fake.mean(0) - x.mean(0)).abs().sum() + (fake.T.cov() - x.T.cov()).abs().sum()).item()
