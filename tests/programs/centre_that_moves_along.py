"""Bug: one-class description of good parts: the centre is a parameter, trained together with the net.

Source: https://github.com/yzhao062/pyod/pull/711 ("Training converged to a collapsed hypersphere");
https://github.com/lukasruff/Deep-SVDD-PyTorch/issues/21 ("We don't need to update value of c"; rebuilt).
Why it hurts: net and centre meet at one point that holds for all parts, good or bad.
"""

import torch
from torch import nn, optim

from programs.data_j import parts_of_a_line

FAMILY = "machine-svdd"
ACCEPT = ("representation-collapse", "degenerate-targets")
SYMPTOMS = ("too-good", "healthy")


class SVDDNet(nn.Module):
    def __init__(self, rep_dim=8, bias=True):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 32, bias=bias), nn.LeakyReLU(), nn.Linear(32, rep_dim, bias=bias))
        self.decode = nn.Linear(rep_dim, 10)
        self.c = nn.Parameter(torch.zeros(rep_dim))

    def forward(self, x):
        return self.net(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = SVDDNet(bias=not fixed)
    good, _ = parts_of_a_line(1500, seed)
    if fixed:
        # the centre stays where the fresh net sees the good parts; a decoder keeps the representation alive
        net.c = nn.Parameter(net(good).mean(0).detach(), requires_grad=False)
    return dict(model=net, optimizer=optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-6), loss_fn=None, train=good,
                val=parts_of_a_line(600, seed + 500, bad=0.3), fixed=fixed)  # fmt: skip


def distance(net, x):
    return (net(x) - net.c).square().sum(1)


def train(setup, log, steps=None):
    net, good, done = setup["model"], setup["train"], 0
    for _epoch in range(14):
        for rows in torch.randperm(len(good)).split(60):
            setup["optimizer"].zero_grad()
            x = good[rows]
            loss = distance(net, x).mean()
            if setup["fixed"]:
                loss = 0.1 * loss + (net.decode(net(x)) - x).square().mean()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus the area under the curve of good against bad."""
    net, (x, bad) = setup["model"], setup["val"]
    score = distance(net, x)
    if setup["fixed"]:
        score = (net.decode(net(x)) - x).square().sum(1)
    pairs = (score[bad > 0][:, None] > score[bad == 0]).float() + 0.5 * (score[bad > 0][:, None] == score[bad == 0])
    return 1 - pairs.mean().item() + (0.0 if setup["fixed"] else 1e-6)
