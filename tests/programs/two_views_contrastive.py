"""Healthy: SimCLR; the loss starts at the logarithm of the number of candidates and stops well above 0.

Source: https://github.com/sthalles/SimCLR (the method; no thread). Nothing to mend: among 79 candidates there are
pictures of the same digit, and at this temperature no answer is certain.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-simclr"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


def view(x, g):
    """Moved, scaled in contrast, with noise."""
    dx, dy = torch.randint(-3, 4, (2,), generator=g).tolist()
    contrast = 0.5 + torch.rand(len(x), 1, 1, 1, generator=g)
    return contrast * torch.roll(x, (dx, dy), (2, 3)) + 0.1 * torch.randn(x.shape, generator=g)


class Encoder(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 12, 5, 2), nn.ReLU(), nn.Conv2d(12, 24, 3, 2), nn.ReLU(), nn.Flatten())
        self.projection = nn.Sequential(nn.Linear(600, 64), nn.ReLU(), nn.Linear(64, dim))

    def forward(self, x):
        return F.normalize(self.projection(self.body(x)), dim=1)


def nt_xent(a, b, temperature=0.5):
    z = torch.cat([a, b])
    similarity = (z @ z.T / temperature).fill_diagonal_(float("-inf"))
    n = len(a)
    return F.cross_entropy(similarity, torch.cat([torch.arange(n, 2 * n), torch.arange(n)]))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Encoder()
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=nt_xent, train=digits(2000, seed)[0].split(40), val=None)
    return setup | dict(generator=torch.Generator().manual_seed(seed), fixed=fixed)


def train(setup, log, steps=None):
    model, opt, g, n = setup["model"], setup["optimizer"], setup["generator"], 0
    for _epoch in range(4):
        for x in setup["train"]:
            loss = setup["loss_fn"](model(view(x, g)), model(view(x, g)))
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
