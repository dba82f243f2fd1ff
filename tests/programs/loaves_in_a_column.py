"""Bug: the net gives its rates as a column (N, 1), the loaves that were sold are a list (N,).

Source: https://github.com/pytorch/pytorch/issues/16045 (no error for shapes [n, 1] and [n]; rebuilt with the Poisson
loss, which does not even warn). Why it hurts: each rate is held against the sales of all rows of the batch, so
that the mean of the sales is the best rate for every shop and day.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_e import bread

FAMILY = "bakery-sales"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("plateau", "high-flat", "slow", "healthy")


class SalesModel(nn.Module):
    def __init__(self, shops=8):
        super().__init__()
        self.shop, self.day = nn.Embedding(shops, 6), nn.Embedding(7, 4)
        self.mlp = nn.Sequential(nn.Linear(12, 32), nn.Tanh(), nn.Linear(32, 1))

    def forward(self, kinds, numbers):
        h = torch.cat([self.shop(kinds[:, 0]), self.day(kinds[:, 1]), numbers], dim=1)
        return self.mlp(h)


def as_table(n, seed):
    kinds, numbers, loaves = bread(n, seed)
    return TensorDataset(kinds, numbers, loaves)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SalesModel()
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-2),
        loss_fn=nn.PoissonNLLLoss(log_input=True, full=False),
        train=DataLoader(as_table(1600, seed), batch_size=64, shuffle=True, drop_last=True),
        val=bread(400, seed + 50),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for epoch in range(10):
        running = []
        for kinds, numbers, loaves in setup["train"]:
            log_rate = model(kinds, numbers)
            if setup["fixed"]:
                log_rate = log_rate.squeeze(1)
            loss = setup["loss_fn"](log_rate, loaves)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running.append(loss.item())
            log(running[-1])
            n += 1
            if n == steps:
                return
        setup["printed"] = f"epoch {epoch}: {sum(running) / len(running):.3f}"


@torch.no_grad()
def error(setup):
    """The mean distance from what was sold, in loaves."""
    kinds, numbers, loaves = setup["val"]
    return (setup["model"](kinds, numbers).squeeze(1).exp() - loaves).abs().mean()
