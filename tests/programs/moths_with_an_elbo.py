"""Bug: a variational autoencoder minimizes `kld - recon`, where recon is a cross-entropy and no likelihood.

Source: https://github.com/ai4co/rl4co/issues/283 (a term has the wrong sign in a loss that is minimized);
https://github.com/tensorflow/tensorflow/pull/32186 ("Missing minus sign in front"; rebuilt).
Why it hurts: the loss falls and falls, below zero, as the pictures that come back get ever worse.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_l import beetles

FAMILY = "moths-vae"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("diverging", "oscillating", "non-finite")


class VAE(nn.Module):
    def __init__(self, pixels=144, latent=6):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(pixels, 64), nn.ReLU(), nn.Linear(64, 2 * latent))
        self.decode = nn.Sequential(nn.Linear(latent, 64), nn.ReLU(), nn.Linear(64, pixels))

    def forward(self, x):
        mu, logvar = self.encode(x).chunk(2, dim=1)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.decode(z), mu, logvar


def loss_function(logits, x, mu, logvar, sign):
    recon = nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kld = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(1).mean()
    return kld + sign * recon


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = VAE()
    moths = (beetles(960, seed)[0].flatten(1) > 0.3).float()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=None,
                train=DataLoader(moths, batch_size=32, shuffle=True), sign=1.0 if fixed else -1.0,
                val=(beetles(200, seed + 500)[0].flatten(1) > 0.3).float(), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    seen = 0
    for _epoch in range(8):
        for data in setup["train"]:
            optimizer.zero_grad()
            recon_batch, mu, logvar = model(data)
            loss = loss_function(recon_batch, data, mu, logvar, setup["sign"])
            loss.backward()
            optimizer.step()
            seen += 1
            log(loss.item())
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    """Pixels that come back wrong."""
    x = setup["val"]
    mu = setup["model"].encode(x).chunk(2, dim=1)[0]
    return ((setup["model"].decode(mu) > 0).float() != x).float().mean().item()
