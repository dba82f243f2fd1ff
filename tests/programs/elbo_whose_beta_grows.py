"""Healthy: a VAE whose weight of the divergence grows from 0 to 1; the loss falls, then rises with the weight.

Source: https://github.com/nv-tlabs/LION/issues/17 ("this is expected since we [...] increase KL loss weight [...] the
loss curve will keep increasing until the KL weight reach 0.5"; rebuilt).
Why it looks ill: in the middle of the training the loss goes up.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_a import digits

FAMILY = "digits-vae-anneal"
ACCEPT = ()
SYMPTOMS = ("healthy", "diverging", "plateau", "oscillating", "spiking")


class VAE(nn.Module):
    def __init__(self, hidden=96, latent=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Flatten(), nn.Linear(196, hidden), nn.ReLU())
        self.mu, self.logvar = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.dec = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, 196))

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec(z), mu, logvar


def loss_function(out, x, mu, logvar, beta):
    bce = F.binary_cross_entropy_with_logits(out, x.flatten(1), reduction="none").sum(1)
    kld = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1)
    return (bce + beta * kld).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, _ = digits(2400, seed)
    x = F.avg_pool2d(x, 2)
    model = VAE()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=None, train=x, val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, x, step = setup["model"], setup["train"], 0
    for _epoch in range(10):
        for part in x[torch.randperm(len(x))].split(60):
            beta = min(1.0, max(0.0, (step - 220) / 100))
            loss = loss_function(*_with(model, part), beta)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            step += 1
            log(loss.item())
            if step == steps:
                return


def _with(model, x):
    out, mu, logvar = model(x)
    return out, x, mu, logvar
