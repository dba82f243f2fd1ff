"""Healthy: two layers over the rooms of many small graphs, each room with the mean of those that it has a door to.

Source: of our own. Plain: the adjacency is divided by its degrees, the list of batches is shuffled in each epoch.
Why it is right: there is nothing to mend; what is left at the end is the noise of 0.1.
"""

import random

import torch
from torch import nn

from programs.data_r import cloisters

FAMILY = "cloisters-gcn"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class SageLayer(nn.Module):
    """W_1 h + W_2 mean of the neighbours."""

    def __init__(self, a, b):
        super().__init__()
        self.self_weight, self.near_weight = nn.Linear(a, b), nn.Linear(a, b, bias=False)

    def forward(self, h, mean_of):
        return self.self_weight(h) + self.near_weight(torch.bmm(mean_of, h))


class CloisterNet(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.first, self.second = SageLayer(4, width), SageLayer(width, width)
        self.readout = nn.Linear(width, 1)

    def forward(self, facts, doors):
        mean_of = doors / doors.sum(2, keepdim=True).clamp(min=1)
        h = torch.relu(self.first(facts, mean_of))
        h = h + torch.relu(self.second(h, mean_of))
        return self.readout(h).squeeze(2)


def as_batches(n, seed, size=25):
    return list(zip(*(part.split(size) for part in cloisters(n, seed)), strict=True))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    random.seed(seed)
    net = CloisterNet()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=4e-3), loss_fn=nn.MSELoss(),
                train=as_batches(1000, seed), val=as_batches(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    batches, done = list(setup["train"]), 0
    for _epoch in range(8):
        random.shuffle(batches)
        for facts, doors, fit in batches:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](facts, doors), fit)
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    losses = [setup["loss_fn"](setup["model"](facts, doors), fit) for facts, doors, fit in setup["val"]]
    return torch.stack(losses).mean().item()
