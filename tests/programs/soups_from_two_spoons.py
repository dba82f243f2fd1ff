"""Bug: the squared error of the VAE is a mean over all columns, the KL term a sum over them, at a weight of one.

Source: https://taourl.com/read-1998565.html ("leads to collapsed reconstructed distribution"; rebuilt).
Why it hurts: the KL weighs a thousand times more; the code says nothing of the soup.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_o import low_rank

FAMILY = "soups-elbo"
ACCEPT = ("loss-terms-unbalanced", "representation-collapse", "sum-reduction")
SYMPTOMS = ("plateau", "high-flat")


class SoupVAE(nn.Module):
    def __init__(self, d=20, h=40, z=4):
        super().__init__()
        self.enc, self.mu, self.logvar = nn.Linear(d, h), nn.Linear(h, z), nn.Linear(h, z)
        self.dec = nn.Sequential(nn.Linear(z, h), nn.ELU(), nn.Linear(h, d))

    def forward(self, x):
        h = F.elu(self.enc(x))
        mu, logvar = self.mu(h), self.logvar(h)
        return self.dec(mu + torch.randn_like(mu) * (0.5 * logvar).exp()), mu, logvar


def vae_loss(recon, x, mu, logvar, per_row):
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    if per_row:
        return (F.mse_loss(recon, x, reduction="sum") / 0.1 + kl) / len(x)
    return F.mse_loss(recon, x) + kl


def build(seed, fixed=False):
    torch.manual_seed(seed)
    vae = SoupVAE()
    return dict(model=vae, optimizer=torch.optim.Adam(vae.parameters(), lr=3e-3), loss_fn=vae_loss,
                train=low_rank(1600, seed, 20), val=low_rank(400, seed + 500, 20), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for step in range(500):
        x = setup["train"][torch.randint(1600, (50,))]
        loss = vae_loss(*(lambda out: (out[0], x, *out[1:]))(setup["model"](x)), per_row=setup["fixed"])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if step + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    """How far the decoded mean code is from the soup."""
    model, x = setup["model"], setup["val"]
    return F.mse_loss(model.dec(model.mu(F.elu(model.enc(x)))), x).item()
