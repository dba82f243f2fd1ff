"""Healthy: a net whose one layer is applied until it rests (a deep equilibrium); only the last round has a gradient.

Source: https://github.com/locuslab/deq/issues/28 (inexact gradients of equilibrium models "can work properly").
Why it looks ill: thirty rounds run under no_grad, and the gradient is an approximation.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import villages

FAMILY = "deq-rivers"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Equilibrium(nn.Module):
    def __init__(self, n_in=9, width=64, n_out=3):
        super().__init__()
        self.inject, self.again = nn.Linear(n_in, width), nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, n_out)
        nn.init.orthogonal_(self.again.weight, gain=0.5)

    def forward(self, x):
        given = self.inject(x)
        z = torch.zeros_like(given)
        with torch.no_grad():
            for _ in range(30):
                z = torch.tanh(self.again(z) + given)
        return self.out(torch.tanh(self.again(z) + given))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Equilibrium()
    loader = DataLoader(TensorDataset(*villages(1280, seed)), batch_size=32, shuffle=True)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3), loss_fn=nn.MSELoss(), train=loader,
                val=villages(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(10):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
