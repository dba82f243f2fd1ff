"""Bug: Adam has weight_decay=0.1, a regularisation that was meant for a sum over all ratings.

Source: of our own; of what size a decay should be with Adam is asked in https://github.com/tflearn/tflearn/issues/772.
Why it hurts: a visitor's vector gets a gradient seldom, and the decay at every step; all of them shrink to nothing.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_r import garden

FAMILY = "herbgarden-ratings"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau")


class MatrixFactorization(nn.Module):
    def __init__(self, n_users=60, n_items=40, n_factors=6):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, n_factors)
        self.item_factors = nn.Embedding(n_items, n_factors)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        for table in (self.user_factors, self.item_factors):
            nn.init.normal_(table.weight, std=0.3)
        for table in (self.user_bias, self.item_bias):
            nn.init.zeros_(table.weight)

    def forward(self, pairs):
        user, item = pairs[:, 0], pairs[:, 1]
        dot = (self.user_factors(user) * self.item_factors(item)).sum(1)
        return dot + self.user_bias(user)[:, 0] + self.item_bias(item)[:, 0]


def build(seed, fixed=False, reg=0.1):
    torch.manual_seed(seed)
    model = MatrixFactorization()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2, weight_decay=1e-4 if fixed else reg)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(),
                train=DataLoader(TensorDataset(*garden(5000, seed)), batch_size=100, shuffle=True),
                val=garden(1000, seed + 500), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    pairs, liked = setup["val"]
    return setup["loss_fn"](setup["model"](pairs), liked).item()


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(8):
        for pairs, liked in setup["train"]:
            loss = setup["loss_fn"](setup["model"](pairs), liked)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item(), **({"val_loss": error(setup)} if n % 50 == 0 else {}))
            if n == steps:
                return
