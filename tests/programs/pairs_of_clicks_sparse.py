"""Healthy: Bayesian personalized ranking; sparse embeddings have an optimizer of their own; the loss starts flat at
ln 2.

Source: https://github.com/RUCAIBox/RecBole/issues/558 (sparse optimizers for recommenders) and
https://github.com/pytorch/pytorch/pull/101465 (when SparseAdam is to be used; rebuilt). Must not be called
parameters-not-optimized, high-flat, bad-init-scale or symmetric-init.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import auc, ratings

FAMILY = "clicks-bpr"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")
USERS, ITEMS = 120, 80


class BPR(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.user, self.item = nn.Embedding(USERS, dim, sparse=True), nn.Embedding(ITEMS, dim, sparse=True)
        self.scale, self.popular = nn.Linear(dim, dim, bias=False), nn.Parameter(torch.zeros(ITEMS))
        for table in (self.user, self.item):
            nn.init.normal_(table.weight, std=0.05)

    def forward(self, user, item):
        return (self.scale(self.user(user)) * self.item(item)).sum(1) + self.popular[item]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    user, item, stars = ratings(12000, seed)
    liked = stars > 4.0
    positive = torch.stack([user[:10000][liked[:10000]], item[:10000][liked[:10000]]], 1)
    model = BPR()
    sparse = torch.optim.SparseAdam([model.user.weight, model.item.weight], lr=0.01)
    dense = torch.optim.Adam([model.scale.weight, model.popular], lr=0.01)
    return dict(model=model, optimizer=(sparse, dense), loss_fn=None, train=None, pairs=positive, val=None,
                held=(user[10000:], item[10000:], liked[10000:]), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizers, positive, n = setup["model"], setup["optimizer"], setup["pairs"], 0
    for _epoch in range(5):
        for rows in torch.randperm(len(positive)).split(64):
            user, item = positive[rows].T
            other = torch.randint(ITEMS, item.shape)
            loss = -F.logsigmoid(model(user, item) - model(user, other)).mean()
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How often a held-out item that was not liked ranks above one that was."""
    user, item, liked = setup["held"]
    return 1.0 - auc(setup["model"](user, item), liked)
