"""Bug: the term of the prior is 0.5 * sum(1 + logvar - mu^2 - exp(logvar)), the negative divergence, and is added.

Source: https://github.com/pytorch/examples/issues/824 (is -0.5 a typo?); https://github.com/wiseodd/generative-models
/issues/43 ("Your kl_loss correspond to the -DKL"; rebuilt).
Why it hurts: the further the code is from the prior, the smaller the loss; it falls without end.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_r import masks

FAMILY = "carnival-vae"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("too-good", "diverging", "non-finite")


class VAE(nn.Module):
    def __init__(self, pixels=144, hidden=64, z=4):
        super().__init__()
        self.fc1 = nn.Linear(pixels, hidden)
        self.fc21, self.fc22 = nn.Linear(hidden, z), nn.Linear(hidden, z)
        self.fc3, self.fc4 = nn.Linear(z, hidden), nn.Linear(hidden, pixels)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, logvar = self.fc21(h), self.fc22(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.fc4(F.relu(self.fc3(z))), mu, logvar


def elbo_terms(x, out):
    logits, mu, logvar = out
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kld = 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return bce, kld


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = VAE()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=None,
                train=torch.utils.data.DataLoader(masks(2000, seed), batch_size=40, shuffle=True),
                val=masks(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(7):
        for x in setup["train"]:
            setup["optimizer"].zero_grad()
            bce, kld = elbo_terms(x, setup["model"](x))
            loss = bce - kld if setup["fixed"] else bce + kld
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The true bound, in nats a mask."""
    torch.manual_seed(0)
    bce, kld = elbo_terms(setup["val"], setup["model"](setup["val"]))
    return (bce - kld).item()
