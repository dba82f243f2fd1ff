"""Bug: twelve graph convolutions one after another, to "see more of the graph".

Source: https://github.com/kenziyuliu/MS-G3D/issues/53 (over-smoothing) and
https://github.com/pyg-team/pytorch_geometric/issues/2820 (the loss of a GCN does not move; rebuilt).
Why it hurts: each layer averages over neighbours; after twelve of them all nodes carry the same vector.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import citations, normalized

FAMILY = "citations-gcn"
ACCEPT = ("representation-collapse", "vanishing-gradients")
SYMPTOMS = ("high-flat", "plateau", "slow")


class GraphConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.lin = nn.Linear(inputs, outputs)

    def forward(self, x, adj):
        return adj @ self.lin(x)


class GCN(nn.Module):
    def __init__(self, features, classes, depth, hidden=32):
        super().__init__()
        sizes = [features] + [hidden] * (depth - 1) + [classes]
        self.convs = nn.ModuleList(GraphConv(a, b) for a, b in pairwise(sizes))

    def forward(self, x, adj):
        for conv in self.convs[:-1]:
            x = F.dropout(F.relu(conv(x, adj)), 0.2, self.training)
        return self.convs[-1](x, adj)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    adj, x, y = citations(seed)
    known = torch.rand(len(y)) < 0.5
    model = GCN(x.shape[1], 4, depth=2 if fixed else 12)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
    return dict(model=model, optimizer=optimizer, loss_fn=None, criterion=nn.CrossEntropyLoss(), val=None, fixed=fixed,
                train=None, graph={"x": x, "adj": normalized(adj), "y": y, "train_mask": known})  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, data = setup["model"], setup["optimizer"], setup["graph"]
    for epoch in range(1, 151):
        model.train()
        optimizer.zero_grad()
        out = model(data["x"], data["adj"])
        loss = setup["criterion"](out[data["train_mask"]], data["y"][data["train_mask"]])
        loss.backward()
        optimizer.step()
        log(loss.item())
        if epoch == steps:
            return
