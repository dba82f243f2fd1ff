"""Healthy: a density of two bells for each input; the negative log-likelihood falls below zero, as densities may
exceed 1.

Source: https://github.com/cpmpercussion/keras-mdn-layer/issues/26 ("negative values ... bad news?": it is ok) and
https://github.com/fabiotosi92/SMD-Nets/issues/5 (rebuilt). Must not be called loss-sign-flipped,
probabilities-into-nll or too-good.
"""

import math

import torch
from torch import nn

from programs.data_b import generator

FAMILY = "two-branches-mdn"
ACCEPT = ()
SYMPTOMS = ("healthy", "too-good")


def two_branches(n, seed):
    """For each x two possible y, a narrow band about each."""
    g = generator(seed)
    x = 2.0 * torch.rand(n, 1, generator=g) - 1.0
    sign = torch.where(torch.rand(n, 1, generator=g) < 0.5, 1.0, -1.0)
    return x, sign * (0.3 + 0.4 * torch.cos(2.0 * x)) + 0.03 * torch.randn(n, 1, generator=g)


class MixtureDensity(nn.Module):
    def __init__(self, bells=2, hidden=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.weight, self.mean, self.log_std = (nn.Linear(hidden, bells) for _ in range(3))

    def forward(self, x):
        h = self.body(x)
        return self.weight(h).log_softmax(1), self.mean(h), self.log_std(h).clamp(min=-5.0)


def mixture_nll(output, y):
    log_weight, mean, log_std = output
    log_bell = -0.5 * ((y - mean) / log_std.exp()) ** 2 - log_std - 0.5 * math.log(2 * math.pi)
    return -torch.logsumexp(log_weight + log_bell, dim=1).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = two_branches(2400, seed)
    model = MixtureDensity()
    with torch.no_grad():
        model.mean.bias.copy_(torch.tensor([-0.5, 0.5]))
        model.log_std.bias.fill_(-1.0)
    heads = [*model.weight.parameters(), *model.mean.parameters(), *model.log_std.parameters()]
    optimizer = torch.optim.Adam([{"params": model.body.parameters(), "lr": 2e-3}, {"params": heads, "lr": 5e-3}])
    return dict(model=model, optimizer=optimizer, loss_fn=mixture_nll, val=None, fixed=fixed,
                train=list(zip(x.split(60), y.split(60), strict=True)))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for i in torch.randperm(len(setup["train"])).tolist():
            x, y = setup["train"][i]
            loss = setup["loss_fn"](model(x), y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
