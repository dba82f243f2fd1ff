"""Healthy: a linear net of three layers that begins with tiny weights; the loss falls in stairs, one direction a stair.

Source: https://github.com/ChuhuaW/SGNet.pytorch/issues/14 ("stagnating loss curve at the start after which a
sudden drop occured"); Saxe and others, 2014. Why it looks ill: plateaus, no nonlinearity, small gradients at first.
"""

import torch
from torch import nn

FAMILY = "linear-depths"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "slow")


def pairs(n, seed, columns=8):
    g = torch.Generator().manual_seed(118900 + seed)
    left, _ = torch.linalg.qr(torch.randn(columns, columns, generator=g))
    right, _ = torch.linalg.qr(torch.randn(columns, columns, generator=g))
    strength = torch.tensor([3.0, 2.0, 1.3] + [0.0] * (columns - 3))
    x = torch.randn(n, columns, generator=g)
    return x, x @ (left * strength @ right.T) + 0.05 * torch.randn(n, columns, generator=g)


class DeepLinear(nn.Module):
    def __init__(self, columns=8, small=0.05):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(columns, columns, bias=False) for _ in range(3))
        for layer in self.layers:
            nn.init.orthogonal_(layer.weight, gain=4 * small)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = DeepLinear()
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.1), loss_fn=nn.MSELoss(),
                train=pairs(2000, seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    for _ in range(steps or 500):
        rows = torch.randint(len(x), (128,))
        loss = setup["loss_fn"](setup["model"](x[rows]), y[rows])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
