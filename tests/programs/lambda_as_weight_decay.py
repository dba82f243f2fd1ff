"""Bug: the penalty of a paper (0.1 times the squared factors of a row) is given to Adam as weight_decay.

Source: https://github.com/THUwangcy/DirectAU/issues/2 (with Adam the two are not the same, and want other numbers;
rebuilt).
Why it hurts: in Adam the decay is part of the gradient of every row at every step; the factors shrink to zero, and
the model predicts a constant.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import ratings

FAMILY = "ratings-neumf"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class NeuMF(nn.Module):
    def __init__(self, users=120, items=80, dim=8):
        super().__init__()
        self.user_gmf, self.item_gmf = nn.Embedding(users, dim), nn.Embedding(items, dim)
        self.user_mlp, self.item_mlp = nn.Embedding(users, dim), nn.Embedding(items, dim)
        self.mlp = nn.Sequential(nn.Linear(2 * dim, 24), nn.ReLU(), nn.Linear(24, 8), nn.ReLU())
        self.out = nn.Linear(8 + dim, 1)
        for table in (self.user_gmf, self.item_gmf, self.user_mlp, self.item_mlp):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, user, item):
        product = self.user_gmf(user) * self.item_gmf(item)
        deep = self.mlp(torch.cat([self.user_mlp(user), self.item_mlp(item)], dim=1))
        return self.out(torch.cat([product, deep], dim=1)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    user, item, stars = ratings(8000, seed)
    stars = (stars - stars.mean()) / stars.std()
    model = NeuMF()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=1e-6 if fixed else 0.1)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), val=None, fixed=fixed,
                train=DataLoader(TensorDataset(user, item, stars), batch_size=200, shuffle=True))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for user, item, stars in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(user, item), stars)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
