"""Healthy: a hypernetwork; the weights of a small net are the output of another one, for each row its own.

Source: https://github.com/g1910/HyperNetworks (the weights of a network as the output of another; rebuilt from the
paper, arXiv 1609.09106). Why it looks ill: the net that answers has no parameters at all; the first weights are tiny.
"""

import torch
from torch import nn

from programs.data_m import tones

FAMILY = "hyper-bells"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class HyperNet(nn.Module):
    def __init__(self, notes=5, code=8, inner=16):
        super().__init__()
        self.inner = inner
        self.note = nn.Linear(notes, code, bias=False)
        self.sizes = [2 * inner, inner, inner, 1]
        self.make = nn.Sequential(nn.Linear(code, 32), nn.ReLU(), nn.Linear(32, sum(self.sizes)))

    def forward(self, x):
        x, note = x[:, :2], x[:, 2:]
        w1, b1, w2, b2 = self.make(self.note(note)).split(self.sizes, dim=1)
        hidden = torch.einsum("ni,nij->nj", x, w1.view(-1, 2, self.inner) * 4) + b1
        return (torch.tanh(hidden) * w2).sum(1) + b2[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = HyperNet()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=8e-3), loss_fn=nn.MSELoss(),
                train=tones(1600, seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    n = 0
    for _epoch in range(10):
        for rows in torch.randperm(len(x)).split(40):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x[rows]), y[rows])
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return
