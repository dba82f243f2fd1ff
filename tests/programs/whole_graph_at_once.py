"""Healthy: two graph convolutions on one whole graph; a tenth of the nodes has labels; dropout and some weight decay.

Source: https://github.com/pyg-team/pytorch_geometric/issues/2008 (graph nets tend to fit hard; dropout after each
layer is usual; rebuilt). Must not be called batch-mixing, same-batch-repeated or data-not-shuffled: one graph is one
batch, and nodes see neighbours.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import accuracy_error, citations, normalized

FAMILY = "citations-gcn-small"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class GCN(nn.Module):
    def __init__(self, features, classes, hidden=24, dropout=0.5):
        super().__init__()
        self.first, self.second, self.dropout = nn.Linear(features, hidden), nn.Linear(hidden, classes), dropout

    def forward(self, graph):
        x, adj = graph["x"], graph["adj"]
        x = F.dropout(x, self.dropout, self.training)
        x = F.relu(adj @ self.first(x))
        x = F.dropout(x, self.dropout, self.training)
        return adj @ self.second(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    adj, x, y = citations(seed, nodes=400)
    order = torch.randperm(len(y))
    graph = {"x": x, "adj": normalized(adj), "y": y, "train": order[:40], "val": order[40:140], "test": order[140:]}
    model = GCN(x.shape[1], 4)
    groups = [dict(params=model.first.parameters(), weight_decay=5e-3), dict(params=model.second.parameters())]
    return dict(model=model, optimizer=torch.optim.Adam(groups, lr=0.01), loss_fn=None, criterion=F.cross_entropy,
                train=None, graph=graph, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, graph = setup["model"], setup["optimizer"], setup["graph"]
    best = 1.0
    for epoch in range(1, 201):
        model.train()
        optimizer.zero_grad()
        rows = graph["train"]
        loss = setup["criterion"](model(graph)[rows], graph["y"][rows])
        loss.backward()
        optimizer.step()
        log(loss.item())
        if epoch == steps:
            return
        if epoch % 10 == 0:
            model.eval()
            with torch.no_grad():
                out = model(graph)
            best = min(best, accuracy_error(out[graph["val"]], graph["y"][graph["val"]]))
            setup["best"] = best
