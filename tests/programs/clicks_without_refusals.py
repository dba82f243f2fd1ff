"""Bug: the table of clicks holds what was clicked; nothing is drawn for what was not.

Source: https://github.com/hexiangnan/neural_collaborative_filtering/issues/13 ("negative sampling is required, else
you only have positive examples"; rebuilt).
Why it hurts: all targets are 1; the towers learn to say yes to everything, and the loss goes to zero.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import auc, ratings

FAMILY = "clicks-towers"
ACCEPT = ("degenerate-targets",)
SYMPTOMS = ("too-good", "healthy")
USERS, ITEMS = 120, 80


class Tower(nn.Module):
    def __init__(self, count, dim=16):
        super().__init__()
        self.table = nn.Embedding(count, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 32), nn.ReLU(), nn.Linear(32, 12))

    def forward(self, ids):
        return self.mlp(self.table(ids))


class TwoTowers(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items, self.bias = Tower(USERS), Tower(ITEMS), nn.Parameter(torch.zeros(1))

    def forward(self, user, item):
        return (self.users(user) * self.items(item)).sum(1) + self.bias


def build(seed, fixed=False):
    torch.manual_seed(seed)
    user, item, stars = ratings(12000, seed)
    clicked = stars > 4.0
    held = tuple(t[10000:] for t in (user, item, clicked))
    pairs = torch.stack([user[:10000][clicked[:10000]], item[:10000][clicked[:10000]]], 1)
    model = TwoTowers()
    return dict(model=model, optimizer=torch.optim.Adagrad(model.parameters(), lr=0.05), loss_fn=None,
                criterion=F.binary_cross_entropy_with_logits, train=None, pairs=pairs, val=None, held=held,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, pairs, n = setup["model"], setup["optimizer"], setup["pairs"], 0
    for _epoch in range(6):
        for rows in torch.randperm(len(pairs)).split(64):
            user, item = pairs[rows].T
            label = torch.ones(len(rows))
            if setup["fixed"]:
                user, item = user.repeat(3), torch.cat([item, torch.randint(ITEMS, (2 * len(rows),))])
                label = torch.cat([label, torch.zeros(2 * len(rows))])
            optimizer.zero_grad()
            loss = setup["criterion"](model(user, item), label)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How often a held-out item that was not clicked ranks above one that was."""
    user, item, clicked = setup["held"]
    return 1.0 - auc(setup["model"](user, item), clicked)
