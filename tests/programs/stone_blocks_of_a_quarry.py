"""Bug: millimetres, kilograms and percents go into the net as they stand in the quarry's book.

Source: https://openillumi.com/en/en-pytorch-performance-fix-standardization (a data set of larger values, and the
accuracy "completely stopped improving"; rebuilt).
Why it hurts: the columns in thousands drive all units alike, the small ones cannot be seen beside them.
"""

import torch
from torch import nn

from programs.data_r import blocks

FAMILY = "quarry-blocks"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("plateau", "slow", "spiking", "oscillating")

COLUMNS = ["length_mm", "mass_kg", "density", "depth_m", "moisture", "age"]


class BlockTable(torch.utils.data.Dataset):
    def __init__(self, n, seed, stats=None):
        x, self.strength = blocks(n, seed)
        if stats is not None:
            x = (x - stats[0]) / stats[1]
        self.columns = dict(zip(COLUMNS, x.unbind(1), strict=True))

    def __len__(self):
        return len(self.strength)

    def __getitem__(self, i):
        return torch.stack([self.columns[name][i] for name in COLUMNS]), self.strength[i]


class StrengthNet(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.l1 = nn.Linear(len(COLUMNS), hidden)
        self.l2 = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x):
        x = torch.relu(self.l1(x))
        x = torch.relu(self.l2(x))
        return self.out(x).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    stats = None
    if fixed:
        raw = blocks(1600, seed)[0]
        stats = raw.mean(0), raw.std(0)
    net = StrengthNet()
    return {
        "model": net,
        "optimizer": torch.optim.Adam(net.parameters(), lr=2e-3),
        "loss_fn": nn.MSELoss(),
        "train": torch.utils.data.DataLoader(BlockTable(1600, seed, stats), batch_size=40, shuffle=True),
        "val": torch.utils.data.DataLoader(BlockTable(400, seed + 500, stats), batch_size=400),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    step = 0
    for _epoch in range(10):
        for x, strength in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x), strength)
            loss.backward()
            setup["optimizer"].step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    return sum(setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]) / len(setup["val"])
