"""Healthy: a mixture density net; its loss passes zero and goes on falling below.

Source: https://github.com/cpmpercussion/keras-mdn-layer/issues/42 ("These functions can end up higher than 1 at some
points (leading to less than 0 loss)"; rebuilt). Why it is right: a density may be above one, so its negative logarithm
may be below zero. Must not be called loss-sign-flipped or wrong-loss.
"""

import torch
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily, Normal

from programs.data_n import pendants

FAMILY = "pendants-density"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class MDN(nn.Module):
    def __init__(self, n_hidden=40, n_gaussians=2):
        super().__init__()
        self.z_h = nn.Sequential(nn.Linear(2, n_hidden), nn.Tanh())
        self.z_pi = nn.Linear(n_hidden, n_gaussians)
        self.z_mu = nn.Linear(n_hidden, n_gaussians)
        self.z_sigma = nn.Linear(n_hidden, n_gaussians)

    def forward(self, x):
        h = self.z_h(x)
        sigma = nn.functional.softplus(self.z_sigma(h)) + 1e-3
        return MixtureSameFamily(Categorical(logits=self.z_pi(h)), Normal(self.z_mu(h), sigma))


def mdn_loss(mixture, y):
    return -mixture.log_prob(y).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    mdn = MDN()
    x, y = pendants(2000, seed)
    return dict(model=mdn, optimizer=torch.optim.Adam(mdn.parameters(), lr=5e-3), loss_fn=mdn_loss, train=(x, y),
                val=pendants(500, seed + 500), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return mdn_loss(setup["model"](x), y).item()


def train(setup, log, steps=None):
    mdn, optimizer = setup["model"], setup["optimizer"]
    x, y = setup["train"]
    step = 0
    for _epoch in range(10):
        for rows in torch.randperm(len(x)).split(40):
            loss = mdn_loss(mdn(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(mdn.parameters(), 5.0)
            optimizer.step()
            step += 1
            log(loss.item(), **({"val_loss": error(setup)} if step % 100 == 0 else {}))
            if step == steps:
                return
