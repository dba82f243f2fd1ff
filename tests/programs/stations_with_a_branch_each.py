"""Bug: the branches, one a group of columns, are kept in a plain list of the module.

Source: https://shihaizhou.com/2020/05/17/Pytorch-nn-ModuleList-and-nn-Sequential/ (members of a list are ignored by
.parameters(); rebuilt). Why it hurts: the branches, with a narrow tanh each, stay as drawn; only the last layer learns.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import kinds

FAMILY = "stations-branches"
ACCEPT = ("unregistered-layers", "parameters-not-optimized")
SYMPTOMS = ("slow", "plateau", "high-flat")


class Branched(nn.Module):
    def __init__(self, columns=(4, 3, 3), classes=8, listed=True):
        super().__init__()
        self.columns = columns
        branches = [nn.Sequential(nn.Linear(c, 12), nn.Tanh(), nn.Linear(12, 2), nn.Tanh()) for c in columns]
        self.branches = branches if listed else nn.ModuleList(branches)
        self.final = nn.Sequential(nn.Linear(2 * len(columns), 24), nn.ReLU(), nn.Linear(24, classes))

    def forward(self, x):
        parts = [branch(part) for branch, part in zip(self.branches, x.split(self.columns, 1), strict=True)]
        return self.final(torch.cat(parts, dim=1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Branched(listed=not fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*kinds(1800, seed, 30, many=8)), batch_size=40, shuffle=True),
                val=kinds(400, seed + 500, 30, many=8), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    step = 0
    for _epoch in range(12):
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x), y)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
