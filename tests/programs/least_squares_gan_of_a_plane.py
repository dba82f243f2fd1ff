"""Healthy: a least-squares GAN; the generator's loss rises and wanders while its points find all six clouds.

Source: https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix/issues/164 ("It is quite normal [...] We are using LSGAN
and there is no guarantee that the GAN loss will converge"; rebuilt).
Why it looks ill: the loss of one side is the gain of the other.
"""

import torch
import torch.nn as nn

from programs.data_i import clouds

FAMILY = "clouds-least-squares"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "diverging", "plateau", "high-flat", "spiking", "slow")
LATENT = 8


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(LATENT, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, z):
        return self.main(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2),
                                  nn.Linear(64, 1))  # fmt: skip

    def forward(self, x):
        return self.main(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    netG, netD = Generator(), Discriminator()
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
    return dict(model=netG, critic=netD, optimizer=(optimizerG, optimizerD), loss_fn=nn.MSELoss(),
                train=clouds(3000, seed).split(100), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    netG, netD, criterion = setup["model"], setup["critic"], setup["loss_fn"]
    optimizerG, optimizerD = setup["optimizer"]
    iters = 0
    for _epoch in range(15):
        for real in setup["train"]:
            ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
            netD.zero_grad()
            fake = netG(torch.randn(len(real), LATENT))
            errD = criterion(netD(real), ones) + criterion(netD(fake.detach()), zeros)
            errD.backward()
            optimizerD.step()
            netG.zero_grad()
            errG = criterion(netD(fake), ones)
            errG.backward()
            optimizerG.step()
            iters += 1
            log(errG.item())
            if iters == steps:
                return
