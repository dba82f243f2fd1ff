"""Bug: the first layer of the graph net hands its sums over to the second through .data.

Source: https://prodopsy.com/?p=470 ("Gradients weren't updating [...] due to improper Tensor detachment"; rebuilt).
Why it hurts: nothing flows back into the first layer; its drawn weights stay, and only the last layer learns.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from programs.data_p import stations

FAMILY = "stations-gcn"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("plateau", "slow")


class GraphConv(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x, adj):
        return adj @ (x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self, keep):
        super().__init__()
        self.gc1, self.gc2 = GraphConv(12, 6), GraphConv(6, 4)
        self.keep = keep
        self.embedding = None

    def forward(self, x, adj):
        h = F.relu(self.gc1(x, adj))
        self.embedding = h if self.keep else h.data
        return self.gc2(self.embedding, adj)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, adj, line = stations(seed)
    known = torch.rand(len(line)) < 0.5
    model = GCN(keep=fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4), loss_fn=None,
                train=[(x, adj, line, known)], val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    (x, adj, line, known) = setup["train"][0]
    for _epoch in range(steps or 150):
        model.train()
        optimizer.zero_grad()
        output = F.log_softmax(model(x, adj), dim=1)
        loss = F.nll_loss(output[known], line[known])
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    (x, adj, line, known) = setup["train"][0]
    return F.cross_entropy(setup["model"](x, adj)[~known], line[~known]).item()
