"""Healthy: clicks are rare and mostly chance; the loss begins at the entropy of that rate and hardly falls.

Source: https://github.com/guoday/ctrNet-tool/issues/8 (a log loss of 0.18 that falls in the third digit; rebuilt). Must
not be called lr-too-low or class-imbalance: the probabilities are wanted as they are.
"""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import auc
from programs.data_d import adverts

FAMILY = "click-rate"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "plateau", "high-flat")


class FactorizationMachine(nn.Module):
    def __init__(self, sizes, dim=4, rate=0.03):
        super().__init__()
        self.weights = nn.ModuleList(nn.Embedding(size, 1) for size in sizes)
        self.factors = nn.ModuleList(nn.Embedding(size, dim) for size in sizes)
        for table in self.weights:
            nn.init.zeros_(table.weight)
        for table in self.factors:
            nn.init.normal_(table.weight, std=0.01)
        self.bias = nn.Parameter(torch.tensor(math.log(rate / (1 - rate))))

    def forward(self, row):
        linear = sum(table(row[:, i]) for i, table in enumerate(self.weights)).squeeze(1)
        v = torch.stack([table(row[:, i]) for i, table in enumerate(self.factors)], 1)
        pairs = 0.5 * (v.sum(1).pow(2) - v.pow(2).sum(1)).sum(1)
        return self.bias + linear + pairs


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = FactorizationMachine((300, 60, 24))
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        loss_fn=nn.BCEWithLogitsLoss(),
        train=DataLoader(TensorDataset(*adverts(24000, seed)), batch_size=256, shuffle=True),
        val=DataLoader(TensorDataset(*adverts(6000, seed + 70)), batch_size=6000),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for n, (row, clicked) in enumerate(setup["train"], 1):
        loss = setup["loss_fn"](model(row), clicked)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    """One minus the area under the curve, on adverts that were held back."""
    row, clicked = next(iter(setup["val"]))
    return 1 - auc(setup["model"](row), clicked)
