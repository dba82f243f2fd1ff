"""Healthy: a VAE whose divergence gets its weight step by step; the loss falls at first and then rises, as it should.

Source: https://github.com/sbharadwajj/Generalized-Zero-Shot-Learning-via-Aligned-Variational-Autoencoders/issues/1 (the
loss increases after epoch 22: answered, a term is let in then; rebuilt). Nothing to mend: the loss at the end is of
another formula than the loss at the beginning.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_a import digits

FAMILY = "glyphs-beta-vae"
ACCEPT = ()
SYMPTOMS = ("healthy", "diverging", "plateau", "oscillating")


class VAE(nn.Module):
    def __init__(self, latent=10, width=128):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.SiLU(), nn.Linear(width, 2 * latent))
        self.decoder = nn.Sequential(nn.Linear(latent, width), nn.SiLU(), nn.Linear(width, 784))

    def forward(self, x):
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * (0.5 * log_var).exp()
        return self.decoder(z), mean, log_var


def parts(out, x, mean, log_var):
    pixels = F.binary_cross_entropy_with_logits(out, x.flatten(1), reduction="none").sum(1).mean()
    divergence = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(1).mean()
    return pixels, divergence


class Warmup:
    """The weight of the divergence: 0 for some steps, and then up to 1."""

    def __init__(self, wait, rise):
        self.wait, self.rise, self.n = wait, rise, 0

    def __call__(self):
        self.n += 1
        return min(max(self.n - self.wait, 0) / self.rise, 1.0)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    vae = VAE()
    optimizer = torch.optim.Adam(vae.parameters(), lr=3e-3)
    return dict(model=vae, optimizer=optimizer, loss_fn=None, weight=Warmup(wait=170, rise=60), fixed=fixed,
                train=DataLoader(digits(1600, seed)[0], batch_size=40, shuffle=True),
                val=digits(200, seed, train=False)[0])  # fmt: skip


def train(setup, log, steps=None):
    vae, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(7):
        for x in setup["train"]:
            pixels, divergence = parts(*[(out := vae(x))[0], x, *out[1:]])
            loss = pixels + setup["weight"]() * divergence
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The whole bound, in nats a picture."""
    x = setup["val"]
    out, mean, log_var = setup["model"](x)
    return sum(parts(out, x, mean, log_var))
