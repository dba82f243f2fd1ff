"""Healthy: a small GAN; the generator's loss rises and wanders while its pictures come nearer to digits.

Source: https://github.com/soumith/ganhacks/issues/36 (what the losses of a GAN say of its state). Nothing to mend:
the two losses measure the two players against each other, not how far they have come.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-dcgan"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "diverging", "plateau", "high-flat")
NOISE = 12


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(NOISE, 16 * 49)
        self.up1, self.norm = nn.ConvTranspose2d(16, 12, 4, 2, 1), nn.BatchNorm2d(12)
        self.up2 = nn.ConvTranspose2d(12, 1, 4, 2, 1)

    def forward(self, z):
        h = torch.relu(self.fc(z)).unflatten(1, (16, 7, 7))
        return torch.sigmoid(self.up2(torch.relu(self.norm(self.up1(h)))))


def discriminator():
    down = [nn.Conv2d(1, 12, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(12, 24, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*down, nn.Flatten(), nn.Dropout(0.3), nn.Linear(24 * 49, 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    g, d = Generator(), discriminator()
    opt_g = torch.optim.Adam(g.parameters(), lr=2e-3, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.5, 0.999))
    real = digits(1600, seed)[0]
    setup = dict(model=g, discriminator=d, optimizer=(opt_g, opt_d), loss_fn=F.binary_cross_entropy_with_logits)
    return setup | dict(train=real.split(32), mean=real.mean(0), val=None, fixed=fixed)


def train(setup, log, steps=None):
    g, d, bce, n = setup["model"], setup["discriminator"], setup["loss_fn"], 0
    opt_g, opt_d = setup["optimizer"]
    for _epoch in range(4):
        for real in setup["train"]:
            yes, no = torch.full((len(real), 1), 0.9), torch.zeros(len(real), 1)
            fake = g(torch.randn(len(real), NOISE))
            opt_d.zero_grad()
            (bce(d(real), yes) + bce(d(fake.detach()), no)).backward()
            opt_d.step()
            opt_g.zero_grad()
            loss = bce(d(fake), torch.ones_like(no))
            loss.backward()
            opt_g.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How far the mean picture is from the mean digit."""
    return float((setup["model"](torch.randn(400, NOISE)).mean(0) - setup["mean"]).abs().mean())
