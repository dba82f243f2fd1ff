"""Bug: a graph autoencoder takes the logarithm of sigmoids, and of one minus sigmoids.

Source: https://github.com/xiangwang1223/neural_graph_collaborative_filtering/issues/43 (tf.log of a sigmoid gives
inf; rebuilt); compare https://github.com/pyg-team/pytorch_geometric/issues/1165 (34.5388, where a small number is
added).
Why it hurts: for a score above 17 one minus the sigmoid is 0 in float32; the loss is infinite and the gradients are
NaN.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import citations, normalized

FAMILY = "citations-autoencoder"
ACCEPT = ("log-of-zero",)
SYMPTOMS = ("non-finite",)


class GraphEncoder(nn.Module):
    def __init__(self, features, hidden=64, dim=32):
        super().__init__()
        self.w1, self.w2 = nn.Linear(features, hidden), nn.Linear(hidden, dim)

    def forward(self, x, adj):
        return adj @ self.w2(F.relu(adj @ self.w1(x)))


def link_loss(z, edges, others, fixed):
    positive, negative = (z[edges[0]] * z[edges[1]]).sum(1), (z[others[0]] * z[others[1]]).sum(1)
    if fixed:
        return -F.logsigmoid(positive).mean() - F.logsigmoid(-negative).mean()
    return -torch.log(torch.sigmoid(positive)).mean() - torch.log(1 - torch.sigmoid(negative)).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    adj, x, _ = citations(seed)
    graph = {"x": 5.0 * x, "adj": normalized(adj), "edges": adj.triu(1).nonzero().T}
    model = GraphEncoder(x.shape[1])
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.01), loss_fn=None, train=None,
                graph=graph, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, graph = setup["model"], setup["optimizer"], setup["graph"]
    nodes = len(graph["x"])
    for epoch in range(1, 201):
        model.train()
        others = torch.randint(nodes, graph["edges"].shape)
        optimizer.zero_grad()
        z = model(graph["x"], graph["adj"])
        loss = link_loss(z, graph["edges"], others, setup["fixed"])
        loss.backward()
        optimizer.step()
        log(loss.item())
        if epoch == steps:
            return
