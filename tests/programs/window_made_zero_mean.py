"""Bug: the data set subtracts the mean of a window with -= on a slice, that is on the series itself.

Source: https://github.com/sefibk/KernelGAN/issues/35 (a slice shares its data; .copy() is missing) and
https://github.com/lkriener/yin_yang_data_set/pull/4 (rebuilt).
Why it hurts: windows overlap; each reading shifts the values of its neighbours, targets too, and the series wears
away.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_b import demand

FAMILY = "demand-mlp"
ACCEPT = ("data-changed-in-place",)
SYMPTOMS = ("plateau", "slow", "healthy")


class Windows(Dataset):
    def __init__(self, series, width, copy):
        self.series, self.width, self.copy = series, width, copy

    def __len__(self):
        return len(self.series) - self.width

    def __getitem__(self, i):
        part = self.series[i : i + self.width + 1]
        if self.copy:
            part = part.clone()
        level, scale = part[:-1].mean(), part[:-1].std()
        part -= level
        part /= scale
        return part[:-1], part[-1]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    series = 20.0 + 3.0 * demand(1100, seed)
    model = nn.Sequential(nn.Linear(48, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))
    loader = DataLoader(Windows(series, 48, copy=fixed), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.HuberLoss(),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for past, following in setup["train"]:
            loss = setup["loss_fn"](model(past), following)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
