"""Bug: the step of the generator detaches the fakes, as the step of the discriminator rightly does.

Source: https://github.com/nikhilsinghmus/image2reverb/issues/37 ("that .detach() should not be there for the generator
step and is a bug"; rebuilt). Why it hurts: the generator gets no gradient, stays as it was born, and is found out.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_h import ribbon

FAMILY = "ribbon-gan"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("diverging", "high-flat", "oscillating", "plateau", "spiking")


class GAN(nn.Module):
    def __init__(self, latent=4, hidden=48, stop=True):
        super().__init__()
        self.latent, self.stop = latent, stop
        self.generator = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
                                       nn.Linear(hidden, 2))  # fmt: skip
        self.discriminator = nn.Sequential(nn.Linear(2, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, hidden),
                                           nn.LeakyReLU(0.2), nn.Linear(hidden, 1))  # fmt: skip

    def configure_optimizers(self):
        g = torch.optim.Adam(self.generator.parameters(), lr=2e-3, betas=(0.5, 0.999))
        d = torch.optim.Adam(self.discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
        return g, d

    def adversarial(self, score, real):
        return F.binary_cross_entropy_with_logits(score, torch.full_like(score, real))

    def training_step(self, real, optimizer_idx):
        fake = self.generator(torch.randn(len(real), self.latent))
        if optimizer_idx == 0:
            judged = fake.detach() if self.stop else fake
            return self.adversarial(self.discriminator(judged), 1.0)
        real_loss = self.adversarial(self.discriminator(real), 0.9)
        return (real_loss + self.adversarial(self.discriminator(fake.detach()), 0.0)) / 2


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gan = GAN(stop=not fixed)
    return dict(model=gan, optimizer=gan.configure_optimizers(), loss_fn=F.binary_cross_entropy_with_logits,
                train=ribbon(3200, seed), val=None, test=ribbon(600, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    gan, (opt_g, opt_d), n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for real in setup["train"].split(64):
            opt_d.zero_grad()
            gan.training_step(real, 1).backward()
            opt_d.step()
            opt_g.zero_grad()
            loss_g = gan.training_step(real, 0)
            loss_g.backward()
            opt_g.step()
            n += 1
            log(loss_g.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How far a real point is from the nearest of 600 fakes, on average."""
    fakes = setup["model"].generator(torch.randn(600, 4, generator=torch.Generator().manual_seed(1)))
    return torch.cdist(setup["test"], fakes).amin(1).mean().item()
