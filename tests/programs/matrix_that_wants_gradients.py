"""Bug: a graph layer keeps its matrix as torch.randn(..., requires_grad=True), which is no nn.Parameter.

Source: https://github.com/Jungjaewon/Single_Image_SuperResolution_via_Holistic_Attention_Network/issues/2
("self.scale [...] is not trained, and requires_grad of tensor is True. model do not contain it"; rebuilt).
Why it hurts: parameters() does not list it, the optimizer never moves it, and all features pass through noise.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_g import clubs

FAMILY = "clubs-gcn"
ACCEPT = ("unregistered-layers", "parameters-not-optimized")
SYMPTOMS = ("slow", "plateau", "high-flat", "overfitting", "healthy")


class GraphLayer(nn.Module):
    def __init__(self, inp, out, kept):
        super().__init__()
        matrix = torch.randn(inp, out) / inp**0.5
        self.W = nn.Parameter(matrix) if kept else matrix.requires_grad_(True)

    def forward(self, x, adj):
        return adj @ (x @ self.W)


class GCN(nn.Module):
    def __init__(self, nfeat, nhid, nclass, kept):
        super().__init__()
        self.gc1 = GraphLayer(nfeat, nhid, kept)
        self.gc2 = GraphLayer(nhid, nhid, kept)
        self.scale = nn.Parameter(torch.ones(nhid))
        self.bias = nn.Parameter(torch.zeros(nhid))
        self.classify = nn.Linear(nhid, nclass)

    def forward(self, x, adj):
        x = F.relu(self.gc1(x, adj) * self.scale + self.bias)
        return F.log_softmax(self.classify(F.relu(self.gc2(x, adj))), dim=1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, known, y = clubs(seed, people=500)
    adj = known + torch.eye(len(y))
    adj = adj / adj.sum(1, keepdim=True)
    model = GCN(x.shape[1], 5, 4, fixed)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
    idx = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    return dict(model=model, optimizer=optimizer, loss_fn=F.nll_loss, train=(x, adj, y), val=None,
                idx_train=idx[:350], idx_test=idx[350:], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, idx = setup["model"], setup["optimizer"], setup["idx_train"]
    features, adj, labels = setup["train"]
    for _epoch in range(steps or 200):
        model.train()
        optimizer.zero_grad()
        output = model(features, adj)
        loss_train = F.nll_loss(output[idx], labels[idx])
        loss_train.backward()
        optimizer.step()
        log(loss_train.item())


@torch.no_grad()
def error(setup):
    x, adj, y = setup["train"]
    idx = setup["idx_test"]
    return F.nll_loss(setup["model"](x, adj)[idx], y[idx]).item()
