"""Healthy: a small GAN learns the glazes of a potter; the losses of both nets go up and down about log 2 and 2 log 2.

Source: https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix/issues/335 ("Many GAN losses do not converge at all
[...] Your loss curves look quite normal"); the data of our own. Why it is right: the better the one, the harder it is
for the other; what counts is that the made glazes lie where the real ones do.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from programs.data_q import glazes

FAMILY = "pots-kitchen"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "high-flat", "plateau")


def mlp(n_in, n_out, width=48):
    return nn.Sequential(
        nn.Linear(n_in, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, n_out)
    )


class GlazeGAN(nn.Module):
    def __init__(self, z_dim=4):
        super().__init__()
        self.z_dim = z_dim
        self.generator, self.discriminator = mlp(z_dim, 2), mlp(2, 1)

    def sample(self, n):
        return self.generator(torch.randn(n, self.z_dim))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gan = GlazeGAN()
    opt_g = torch.optim.Adam(gan.generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(gan.discriminator.parameters(), lr=2e-3, betas=(0.5, 0.999))
    return dict(model=gan, optimizer=opt_d, opt_g=opt_g, loss_fn=None, train=glazes(6400, seed).split(64),
                val=glazes(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    gan, opt_d, opt_g = setup["model"], setup["optimizer"], setup["opt_g"]
    step = 0
    for _epoch in range(7):
        for real in setup["train"]:
            opt_d.zero_grad()
            fake = gan.sample(len(real))
            d_loss = F.softplus(-gan.discriminator(real)).mean() + F.softplus(gan.discriminator(fake.detach())).mean()
            d_loss.backward()
            opt_d.step()

            opt_g.zero_grad()
            g_loss = F.softplus(-gan.discriminator(fake)).mean()
            g_loss.backward()
            opt_g.step()
            step += 1
            log(g_loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    """The energy distance of the made glazes to the real ones."""
    real, fake = setup["val"], setup["model"].sample(1000)
    between, within = torch.cdist(real, fake).mean(), torch.cdist(real, real).mean() + torch.cdist(fake, fake).mean()
    return (2 * between - within).item()
