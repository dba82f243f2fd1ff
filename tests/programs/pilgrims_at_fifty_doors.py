"""Healthy: counts of pilgrims under a Poisson loss, summed over the batch; sparse tables and the rest apart.

Source: https://github.com/pytorch/pytorch/issues/18404 ("it requires a separate optimizer for these layers
(SparseAdam)"; the rest is of our own).
Why it looks ill: the sum is of hundreds and below zero, as the loss leaves out the factorial; the rate is made for it.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_r import pilgrims

FAMILY = "pilgrims-counts"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Doors(nn.Module):
    def __init__(self, doors=50, dim=4, facts=4):
        super().__init__()
        self.table = nn.Embedding(doors, dim, sparse=True)
        self.dense = nn.Sequential(nn.Linear(dim + facts, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(),
                                   nn.Linear(32, 1))  # fmt: skip

    def forward(self, door, facts):
        """The logarithm of how many are expected."""
        return self.dense(torch.cat([self.table(door), facts], dim=1)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Doors()
    sparse = torch.optim.SparseAdam(list(model.table.parameters()), lr=2e-2)
    dense = torch.optim.Adam(model.dense.parameters(), lr=5e-3)
    return {
        "model": model,
        "optimizer": [sparse, dense],
        "loss_fn": nn.PoissonNLLLoss(log_input=True, full=False, reduction="sum"),
        "train": DataLoader(TensorDataset(*pilgrims(3000, seed)), batch_size=50, shuffle=True),
        "val": pilgrims(600, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(6):
        for door, facts, count in setup["train"]:
            loss = setup["loss_fn"](setup["model"](door, facts), count)
            for optimizer in setup["optimizer"]:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in setup["optimizer"]:
                optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The mean deviance on other days."""
    door, facts, count = setup["val"]
    log_rate = setup["model"](door, facts)
    return 2 * (torch.xlogy(count, count) - count * log_rate - count + log_rate.exp()).mean().item()
