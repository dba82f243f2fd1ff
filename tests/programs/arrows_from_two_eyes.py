"""Healthy: where an arrow lands is told by a mixture of two bells; the loss, a likelihood, goes below 0.

Source: https://github.com/pytorch/pytorch/issues/60928 (a loss below zero taken for a bug; here a mixture density).
Why it is right: places are in metres and the spread some centimetres, so that the density is larger than 1.
"""

import torch
from torch import nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal
from torch.utils.data import DataLoader, TensorDataset

from programs.data_p import archers

FAMILY = "archers-mdn"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class MixtureDensity(nn.Module):
    def __init__(self, parts=2, width=40):
        super().__init__()
        self.parts = parts
        self.trunk = nn.Sequential(nn.Linear(3, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.heads = nn.Linear(width, parts * 5)
        with torch.no_grad():
            self.heads.weight.mul_(0.1)
            self.heads.bias[parts : 3 * parts] = torch.tensor([0.2, 0.0, -0.2, 0.0])

    def forward(self, x):
        k = self.parts
        share, place, spread = self.heads(self.trunk(x)).split([k, 2 * k, 2 * k], dim=1)
        scale = nn.functional.softplus(spread.view(-1, k, 2) - 2.0) + 5e-3
        return MixtureSameFamily(Categorical(logits=share), Independent(Normal(place.view(-1, k, 2), scale), 1))


def negative_log_likelihood(mixture, y):
    return -mixture.log_prob(y).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = MixtureDensity()
    data = DataLoader(TensorDataset(*archers(3000, seed)), batch_size=60, shuffle=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    return dict(model=net, optimizer=optimizer, loss_fn=negative_log_likelihood, train=data,
                decay=torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8), val=archers(600, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt = setup["model"], setup["optimizer"]
    n = 0
    for _ in range(9):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](net(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["decay"].step()


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return negative_log_likelihood(setup["model"](x), y).item()
