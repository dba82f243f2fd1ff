"""Bug: the factors of a recommender are left as nn.Embedding draws them, with deviation 1, and multiplied.

Source: https://github.com/pytorch/pytorch/issues/3121 ("it took me many hours to find out the reason why my net did
not train; the values are too high"; rebuilt).
Why it hurts: the product of two rows of 32 such numbers has a deviation of nearly 6, where stars differ by 1; the
time goes into unlearning that.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import ratings

FAMILY = "ratings-stream"
ACCEPT = ("bad-init-scale",)
SYMPTOMS = ("slow", "healthy", "plateau")


class Recommender(nn.Module):
    def __init__(self, users, items, dim=32):
        super().__init__()
        self.user_factors, self.item_factors = nn.Embedding(users, dim), nn.Embedding(items, dim)
        self.user_bias, self.item_bias = nn.Embedding(users, 1), nn.Embedding(items, 1)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)

    def forward(self, pairs):
        user, item = pairs[:, 0], pairs[:, 1]
        product = (self.user_factors(user) * self.item_factors(item)).sum(1, keepdim=True)
        return (3.5 + product + self.user_bias(user) + self.item_bias(item)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    user, item, stars = ratings(36000, seed)
    model = Recommender(120, 80)
    if fixed:
        nn.init.normal_(model.user_factors.weight, std=0.1)
        nn.init.normal_(model.item_factors.weight, std=0.1)
    data = TensorDataset(torch.stack([user, item], 1), stars)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=8e-3), loss_fn=nn.MSELoss(), val=None,
                train=DataLoader(data, batch_size=120, shuffle=True), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for n, (pairs, stars) in enumerate(setup["train"], start=1):
        loss = setup["loss_fn"](model(pairs), stars)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return
