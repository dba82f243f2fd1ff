"""Bug: the weights of the graph layers are made by torch.zeros; only the bias was meant to begin there.

Source: https://taourl.com/read-2034078.html (improper weight initialization; rebuilt).
Why it hurts: behind a ReLU of zeros nothing passes in either direction; all units stay alike, only the last bias moves.
"""

import torch
from torch import nn

from programs.data_o import kinds

FAMILY = "lanterns-graph"
ACCEPT = ("symmetric-init", "bad-init-scale")
SYMPTOMS = ("high-flat", "plateau")


class GraphLayer(nn.Module):
    def __init__(self, a, b, zeros):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(a, b) if zeros else torch.randn(a, b) * (2 / a) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(b))

    def forward(self, x, adj):
        return adj @ (x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self, zeros):
        super().__init__()
        self.one, self.two = GraphLayer(10, 32, zeros), GraphLayer(32, 4, zeros)

    def forward(self, x, adj):
        return self.two(torch.relu(self.one(x, adj)), adj)


def canal(n, seed):
    """Lanterns in a row; neighbours within a stretch of ten are mostly of the same kind."""
    x, y = kinds(n, seed, 24)
    order = y.argsort(stable=True).view(-1, 10)
    order = order[torch.randperm(len(order), generator=torch.Generator().manual_seed(seed))].flatten()
    adj = torch.eye(n) + torch.diag(torch.ones(n - 1), 1) + torch.diag(torch.ones(n - 1), -1)
    return x[order], y[order], adj / adj.sum(1, keepdim=True)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gcn = GCN(zeros=not fixed)
    return dict(model=gcn, optimizer=torch.optim.Adam(gcn.parameters(), lr=0.01), loss_fn=nn.CrossEntropyLoss(),
                train=[canal(100, 20 * seed + i) for i in range(20)], val=canal(400, seed + 5000),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(15):
        for x, y, adj in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x, adj), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, y, adj = setup["val"]
    return setup["loss_fn"](setup["model"](x, adj), y).item()
