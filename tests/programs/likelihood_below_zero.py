"""Healthy: a net gives a mean and a spread and is trained by the likelihood; the loss goes below 0.

Source: https://github.com/pytorch/pytorch/issues/60928 (a loss below zero is taken for a bug; the case here is
GaussianNLL). Nothing to mend: a density may be larger than 1 where the spread is small.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import waves

FAMILY = "waves-gaussian"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def measured(n, seed):
    """Where the last column is small, the instrument is exact."""
    x, y = waves(n, seed, noise=0.0)
    g = torch.Generator().manual_seed(seed)
    spread = 0.02 + 0.3 * torch.sigmoid(3 * x[:, 5])
    return x, y + spread * torch.randn(n, generator=g)


class MeanAndSpread(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.mean, self.log_variance = nn.Linear(width, 1), nn.Linear(width, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h).squeeze(1), self.log_variance(h).squeeze(1).clamp(-8, 4)


class GaussianLoss(nn.Module):
    def forward(self, out, y):
        mean, log_variance = out
        return nn.functional.gaussian_nll_loss(mean, y, log_variance.exp(), full=True)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MeanAndSpread()
    opt = torch.optim.Adam(model.parameters(), lr=4e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=GaussianLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(*measured(2400, seed)), batch_size=60, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            opt.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
