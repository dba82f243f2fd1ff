"""Healthy: a VAE whose loss is summed over pixels; it stands at 170 when all is well.

Source: https://github.com/pytorch/examples/issues/399 (the loss of the VAE example and its reduction). Nothing to
mend: 784 pixels share those 170 nats.
"""

import torch
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_a import digits

FAMILY = "digits-conv-vae"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class ConvVAE(nn.Module):
    def __init__(self, code=10):
        super().__init__()
        conv = [nn.Conv2d(1, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 4, 2, 1), nn.ReLU(), nn.Flatten()]
        self.encoder = nn.Sequential(*conv, nn.Linear(784, 2 * code))
        self.decoder = nn.Sequential(nn.Linear(code, 128), nn.ReLU(), nn.Linear(128, 784), nn.Unflatten(1, (1, 28, 28)))

    def forward(self, x):
        mean, raw = self.encoder(x).chunk(2, dim=1)
        posterior = Independent(Normal(mean, F.softplus(raw) + 1e-3), 1)
        return self.decoder(posterior.rsample()), posterior


def negative_elbo(out, x):
    logits, posterior = out
    prior = Independent(Normal(torch.zeros_like(posterior.mean), 1.0), 1)
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    return nll + kl_divergence(posterior, prior).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ConvVAE()
    loader = DataLoader(digits(2000, seed)[0], batch_size=40, shuffle=True)
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    return dict(model=model, optimizer=opt, loss_fn=negative_elbo, train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for x in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), x)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
