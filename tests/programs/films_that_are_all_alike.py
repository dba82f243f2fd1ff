"""Bug: the factors of people and films are trained with Adam and weight_decay=0.1.

Source: https://pytorch.org/docs/stable/generated/torch.optim.Adam.html (weight_decay is an L2 penalty that goes into
the gradient; no thread). Why it hurts: Adam divides by the size of the gradient, so that the penalty pulls every factor
to 0 with full steps, and those of people who are not in the batch, too.
"""

import torch
from torch import nn

from programs.data_i import films

FAMILY = "films-factor"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class MatrixFactorization(nn.Module):
    def __init__(self, n_users, n_items, n_factors=8):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, n_factors)
        self.item_factors = nn.Embedding(n_items, n_factors)
        self.user_bias, self.item_bias = nn.Embedding(n_users, 1), nn.Embedding(n_items, 1)
        self.mean = 3.2
        for table in (self.user_factors, self.item_factors, self.user_bias, self.item_bias):
            nn.init.normal_(table.weight, std=0.2)

    def forward(self, user, item):
        dot = (self.user_factors(user) * self.item_factors(item)).sum(1)
        return self.mean + dot + self.user_bias(user)[:, 0] + self.item_bias(item)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MatrixFactorization(60, 40)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5 if fixed else 0.1)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=films(6000, seed), val=None,
                test=films(1000, seed + 500), generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def batches(data, size, g):
    order = torch.randperm(len(data[0]), generator=g)
    for rows in order.split(size):
        yield [column[rows] for column in data]


def train(setup, log, steps=None):
    model, optimizer, step = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for user, item, rating in batches(setup["train"], 100, setup["generator"]):
            loss = setup["loss_fn"](model(user, item), rating)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    user, item, rating = setup["test"]
    return (setup["model"](user, item) - rating).square().mean().item()
