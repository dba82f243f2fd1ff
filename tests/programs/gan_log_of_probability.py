"""Bug: the losses of a GAN are written out as logarithms of what the discriminator's sigmoid gives.

Source: https://github.com/AYLIEN/gan-intro/pull/10 (values of 0 reach the logarithm and give NaN; rebuilt). Why it
hurts: once the discriminator is sure, its float32 probability is exactly 0 or 1, and the logarithm is infinite.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-gan"
ACCEPT = ("log-of-zero",)
SYMPTOMS = ("non-finite",)
NOISE = 16


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))

    def forward(self, x):
        return self.body(x)


def written_out(logit, real):
    p = torch.sigmoid(logit)
    return -torch.log(p).mean() if real else -torch.log(1 - p).mean()


def with_logits(logit, real):
    return F.binary_cross_entropy_with_logits(logit, torch.full_like(logit, float(real)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, _ = digits(3000, seed)
    generator = nn.Sequential(
        nn.Linear(NOISE, 128), nn.ReLU(), nn.Linear(128, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))
    )
    critic = Discriminator()
    g_opt = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_opt = torch.optim.Adam(critic.parameters(), lr=1e-2, betas=(0.5, 0.999))
    setup = dict(model=generator, critic=critic, optimizer=(g_opt, d_opt), val=None, fixed=fixed)
    return setup | dict(loss_fn=with_logits if fixed else written_out, train=(2 * x - 1).split(50))


def train(setup, log, steps=None):
    generator, critic, gan_loss, n = setup["model"], setup["critic"], setup["loss_fn"], 0
    g_opt, d_opt = setup["optimizer"]
    for _epoch in range(4):
        for real in setup["train"]:
            fake = generator(torch.randn(len(real), NOISE))
            d_loss = gan_loss(critic(real), True) + gan_loss(critic(fake.detach()), False)
            d_opt.zero_grad()
            d_loss.backward()
            d_opt.step()

            g_loss = gan_loss(critic(fake), True)
            g_opt.zero_grad()
            g_loss.backward()
            g_opt.step()
            n += 1
            log(d_loss.item() + g_loss.item())
            if n == steps:
                return
