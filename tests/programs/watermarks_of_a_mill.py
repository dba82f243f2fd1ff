"""Healthy: a least squares GAN draws watermarks; both optimizers have the betas that one uses, the labels are smoothed.

Source: https://github.com/soumith/ganhacks/issues/5 (what is a normal course of the two losses?); of our own else.
Why it looks ill: the loss of the generator falls, rises again and wanders; it is a game, and the sheets are good.
"""

import torch
from torch import nn

from programs.data_r import watermarks

FAMILY = "watermarks-gan"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "diverging")

LATENT, LENGTH, BATCH = 6, 24, 64


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(LATENT, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(),
                                  nn.Linear(48, LENGTH), nn.Tanh())  # fmt: skip

    def forward(self, z):
        return self.main(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(LENGTH, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2),
                                  nn.Linear(48, 1))  # fmt: skip

    def forward(self, x):
        return self.main(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    netG, netD = Generator(), Discriminator()
    optG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
    return dict(model=nn.ModuleList([netG, netD]), optimizer=[optG, optD], loss_fn=nn.MSELoss(),
                train=watermarks(3000, seed), val=None, held=watermarks(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    (netG, netD), (optG, optD), mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    real_label, fake_label = torch.full((BATCH, 1), 0.9), torch.zeros(BATCH, 1)
    for it in range(steps or 500):
        real = setup["train"][torch.randint(len(setup["train"]), (BATCH,))]
        fake = netG(torch.randn(BATCH, LATENT))
        optD.zero_grad()
        errD = mse(netD(real), real_label) + mse(netD(fake.detach()), fake_label)
        errD.backward()
        optD.step()
        optG.zero_grad()
        errG = mse(netD(fake), real_label)
        errG.backward()
        optG.step()
        log(errG.item(), **({"metric": errD.item()} if it % 50 == 0 else {}))


@torch.no_grad()
def error(setup):
    """How far the mean and the deviation of the drawn sheets are from those of true ones."""
    fake = setup["model"][0](torch.randn(500, LATENT, generator=torch.Generator().manual_seed(1)))
    real = setup["held"]
    return ((fake.mean(0) - real.mean(0)).abs() + (fake.std(0) - real.std(0)).abs()).mean().item()
