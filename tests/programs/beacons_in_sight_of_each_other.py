"""Healthy: a graph net of two layers tells for each beacon in which valley it stands; half of them are labelled.

Source: of our own, after the tutorials of graph convolutions. Why it is right: the whole graph is one batch, the loss
is taken where labels are given, and the others are for the validation.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_q import beacons

FAMILY = "beacons-hop"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class GraphConv(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.own, self.near = nn.Linear(c_in, c_out), nn.Linear(c_in, c_out, bias=False)

    def forward(self, x, sees):
        return self.own(x) + self.near(sees @ x)


class ValleyNet(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.conv1, self.conv2 = GraphConv(8, width), GraphConv(width, 4)

    def forward(self, x, sees):
        h = F.relu(self.conv1(x, sees))
        h = F.dropout(h, 0.4, training=self.training)
        return self.conv2(h, sees)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ValleyNet()
    x, sees, valley = beacons(1000, seed)
    labelled = torch.rand(1000) < 0.5
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=2e-3),
                loss_fn=F.cross_entropy, train=[(x, sees, valley, labelled)], val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    x, sees, valley, labelled = setup["train"][0]
    for epoch in range(1, 121):
        model.train()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x, sees)[labelled], valley[labelled])
        loss.backward()
        optimizer.step()
        if epoch % 20 == 0:
            log(loss.item(), val_loss=error(setup))
        else:
            log(loss.item())
        if epoch == steps:
            return


@torch.no_grad()
def error(setup):
    x, sees, valley, labelled = setup["train"][0]
    setup["model"].eval()
    return F.cross_entropy(setup["model"](x, sees)[~labelled], valley[~labelled]).item()
