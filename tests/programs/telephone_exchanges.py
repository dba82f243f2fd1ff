"""Bug: four layers of a graph net add up what the neighbours say, fourteen of them, and divide by nothing.

Source: https://github.com/cvignac/SMP/issues/3 ("NaNs usually arise when the activations explode [...] There are too
many layers and no normalization after each layer"; rebuilt with other data).
Why it hurts: each layer makes its input several times larger; the first answers stand in the hundreds.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_u import exchanges

FAMILY = "telephones-gcn"
ACCEPT = ("exploding-gradients", "bad-init-scale")
SYMPTOMS = ("slow", "plateau", "spiking", "oscillating", "high-flat", "healthy")


class GraphLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, h, adj):
        return h + F.relu(self.linear(adj @ h))


class BusyNet(nn.Module):
    def __init__(self, nfeat=6, width=32, nlayers=4):
        super().__init__()
        self.embed = nn.Linear(nfeat, width)
        self.layers = nn.ModuleList(GraphLayer(width) for _ in range(nlayers))
        self.readout = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, x, adj):
        h = self.embed(x)
        for layer in self.layers:
            h = layer(h, adj)
        return self.readout(h).squeeze(-1)


def prepare(adj, normalize):
    if normalize:
        adj = adj / adj.sum(dim=1, keepdim=True).clamp(min=1)
    return adj


def build(seed, fixed=False):
    torch.manual_seed(seed)
    calls, features, busy = exchanges(800, seed)
    model = BusyNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3, weight_decay=1e-4)
    graph = dict(adj=prepare(calls, fixed), x=features, y=busy, known=torch.rand(len(busy)) < 0.7)
    return dict(model=model, optimizer=optimizer, loss_fn=F.mse_loss, train=[graph], val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    (graph,) = setup["train"]
    known = graph["known"]
    for epoch in range(160):
        if epoch == steps:
            break
        model.train()
        optimizer.zero_grad()
        out = model(graph["x"], graph["adj"])
        loss = setup["loss_fn"](out[known], graph["y"][known])
        loss.backward()
        optimizer.step()
        log(loss.item(), val_loss=setup["loss_fn"](out[~known], graph["y"][~known]).item())


@torch.no_grad()
def error(setup):
    (graph,) = setup["train"]
    unknown = ~graph["known"]
    out = setup["model"](graph["x"], graph["adj"])
    return setup["loss_fn"](out[unknown], graph["y"][unknown]).item()
