"""Bug: each mill takes the sum over its neighbours in every one of four layers; the adjacency is not normalised.

Source: https://github.com/weihua916/powerful-gnns/issues/21 ("you may suffer from exploding node feature problem due to
the sum"; rebuilt).
Why it hurts: with fifteen neighbours a number grows manifold in each layer, and so does its gradient.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F

from programs.data_r import millraces

FAMILY = "millrace-gcn"
ACCEPT = ("exploding-gradients", "bad-init-scale")
SYMPTOMS = ("slow", "plateau", "spiking")


class GraphConv(torch.nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.own = torch.nn.Linear(d_in, d_out)
        self.others = torch.nn.Linear(d_in, d_out, bias=False)

    def forward(self, A, H):
        return self.own(H) + self.others(A @ H)


class GNN(torch.nn.Module):
    def __init__(self, d_in, d_hidden=32, d_out=1, n_layers=4):
        super().__init__()
        dims = [d_in] + [d_hidden] * (n_layers - 1) + [d_out]
        self.convs = torch.nn.ModuleList(GraphConv(a, b) for a, b in pairwise(dims))

    def forward(self, A, X):
        for conv in self.convs[:-1]:
            X = F.elu(conv(A, X))
        return self.convs[-1](A, X).squeeze(-1)


def prepare(adj, normalize):
    return adj / adj.sum(1, keepdim=True).clamp(min=1) if normalize else adj


def build(seed, fixed=False):
    torch.manual_seed(seed)
    X, adj, power = millraces(seed)
    order = torch.randperm(len(power))
    model = GNN(X.size(1))
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=1e-4),
                loss_fn=F.mse_loss, train=[(prepare(adj, fixed), X, power, order[:350])], val=None, held=order[350:],
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for epoch in range(200):
        for A, X, power, known in setup["train"]:
            optimizer.zero_grad()
            loss = F.mse_loss(model(A, X)[known], power[known])
            loss.backward()
            optimizer.step()
            log(loss.item())
        if epoch + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    A, X, power, _ = setup["train"][0]
    return F.mse_loss(setup["model"](A, X)[setup["held"]], power[setup["held"]]).item()
