"""Healthy: a GAN of points with two optimizers; its losses do not fall, the points come to lie where they should.

Source: https://github.com/knazeri/edge-connect/issues/33 ("we prefer this loss to remain constant, meaning that the
[two] are learning at the same pace"; rebuilt). Nothing to mend: the fakes are detached for the one and not for the
other, each optimizer has its own weights, and the points are drawn from a running mean of the generator.
"""

import itertools

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from programs.data_u import fireflies

FAMILY = "fireflies-gan"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "high-flat", "spiking", "diverging")

NOISE, BATCH = 4, 64


def mlp(*sizes):
    layers = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


class FireflyGAN(nn.Module):
    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = mlp(NOISE, 64, 64, 2), mlp(2, 64, 64, 1)

    def sample(self, n):
        return self.generator(torch.randn(n, NOISE))

    def d_loss(self, real):
        fake = self.sample(len(real)).detach()
        return softplus(-self.discriminator(real)).mean() + softplus(self.discriminator(fake)).mean()

    def g_loss(self, n):
        return softplus(-self.discriminator(self.sample(n))).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gan = FireflyGAN()
    opt_d = torch.optim.Adam(gan.discriminator.parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_g = torch.optim.Adam(gan.generator.parameters(), lr=1e-3, betas=(0.5, 0.99))
    smooth = AveragedModel(gan.generator, multi_avg_fn=get_ema_multi_avg_fn(0.99))
    return dict(model=gan, optimizer=[opt_d, opt_g], loss_fn=None, train=fireflies(6400, seed).split(BATCH), val=None,
                smooth=smooth, seen=fireflies(500, seed + 500), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    """The energy distance between what is drawn and what was seen."""
    a, b = setup["smooth"](torch.randn(500, NOISE)), setup["seen"]
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


def train(setup, log, steps=None):
    gan, (opt_d, opt_g), n = setup["model"], setup["optimizer"], 0
    for _epoch in range(7):
        for real in setup["train"]:
            opt_d.zero_grad()
            gan.d_loss(real).backward()
            opt_d.step()
            opt_g.zero_grad()
            g_loss = gan.g_loss(BATCH)
            g_loss.backward()
            opt_g.step()
            setup["smooth"].update_parameters(gan.generator)
            n += 1
            log(g_loss.item(), **({"metric": -error(setup)} if n % 100 == 0 else {}))
            if n == steps:
                return
