"""Bug: the factors of users and items both start at zero.

Source: https://github.com/yz93/LAVT-RIS/issues/25 (two factors both zero: the gradients are zero too) and
https://github.com/tensorflow/tensorflow/issues/28487 (embeddings from zero do not learn; rebuilt).
Why it hurts: the gradient of a product is the other factor, which is zero as well; only the biases ever learn.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import ratings

FAMILY = "ratings-factors"
ACCEPT = ("symmetric-init", "bad-init-scale", "vanishing-gradients")
SYMPTOMS = ("plateau", "slow", "high-flat")


class MatrixFactorization(nn.Module):
    def __init__(self, users, items, dim, std):
        super().__init__()
        self.user, self.item = nn.Embedding(users, dim), nn.Embedding(items, dim)
        self.user_bias, self.item_bias = nn.Embedding(users, 1), nn.Embedding(items, 1)
        self.mean = nn.Parameter(torch.tensor(3.0))
        for table in (self.user_bias, self.item_bias):
            nn.init.zeros_(table.weight)
        for table in (self.user, self.item):
            nn.init.normal_(table.weight, std=std)

    def forward(self, u, i):
        bias = self.user_bias(u) + self.item_bias(i)
        return self.mean + bias.squeeze(1) + (self.user(u) * self.item(i)).sum(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    u, i, stars = ratings(6400, seed)
    model = MatrixFactorization(120, 80, 6, std=0.1 if fixed else 0.0)
    batches = list(zip(u.split(128), i.split(128), stars.split(128), strict=True))
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-2), loss_fn=F.mse_loss,
                train=batches, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for epoch in range(8):
        total = 0.0
        for user, item, stars in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(user, item), stars)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(stars)
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["progress"] = f"epoch {epoch}: RMSE {(total / 6400) ** 0.5:.3f}"
