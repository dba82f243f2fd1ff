"""Healthy: a graph net of two layers says of each substation what it needs; the whole grid in each step.

Source: of our own, after the usual first example of a graph net (half of the nodes are known, the others are asked).
Why it is right: the adjacency is normalised with its own loops; the loss is taken where the answer is known, and an
average of the weights is kept for the other nodes.
"""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from programs.data_s import power_grid

FAMILY = "grids-substations"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def normalised(lines):
    a = lines + torch.eye(len(lines))
    d = a.sum(1).rsqrt()
    return d[:, None] * a * d[None, :]


class GraphLayer(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.neighbours, self.own = nn.Linear(n_in, n_out), nn.Linear(n_in, n_out, bias=False)

    def forward(self, h, adjacency):
        return adjacency @ self.neighbours(h) + self.own(h)


class GridNet(nn.Module):
    def __init__(self, features=8, hidden=24, classes=3, dropout=0.2):
        super().__init__()
        self.first, self.second = GraphLayer(features, hidden), GraphLayer(hidden, hidden)
        self.classify, self.dropout = nn.Linear(hidden, classes), nn.Dropout(dropout)

    def forward(self, x, adjacency):
        h = torch.relu(self.first(x, adjacency))
        h = torch.relu(self.second(self.dropout(h), adjacency))
        return self.classify(h)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, lines, y = power_grid(seed, places=600)
    known = torch.rand(len(y)) < 0.7
    net = GridNet()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=1e-2, weight_decay=1e-3),
                loss_fn=nn.CrossEntropyLoss(), train=[(x, normalised(lines))], target=y, known=known, val=~known,
                average=AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.95)), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, average = setup["model"], setup["optimizer"], setup["average"]
    (x, adjacency), y, known = setup["train"][0], setup["target"], setup["known"]
    for epoch in range(steps or 110):
        net.train()
        optimizer.zero_grad()
        loss = setup["loss_fn"](net(x, adjacency)[known], y[known])
        loss.backward()
        optimizer.step()
        average.update_parameters(net)
        log(loss.item(), **({"metric": 1 - error(setup)} if epoch % 25 == 24 else {}))


@torch.no_grad()
def error(setup):
    average = setup["average"].eval()
    said = average(*setup["train"][0]).argmax(1)
    return (said != setup["target"])[setup["val"]].float().mean().item()
