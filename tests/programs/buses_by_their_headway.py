"""Bug: a new column is the way to go over the gap to the bus before; where two buses stand together, the gap is 0.

Source: https://github.com/evandowning/deepreflect/issues/11 ("due to the presence of a feature with a maximum value of
0 [...] sets 0 as the denominator"); https://github.com/zhouhaoyi/Informer2020/issues/402 (rebuilt).
Why it hurts: the column holds a few infinite values; its mean and deviation, and with them all rows, are NaN.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import rides

FAMILY = "buses-headway"
ACCEPT = ("nonfinite-inputs",)
SYMPTOMS = ("non-finite",)


def features(table, least):
    """The table with one more column: metres for each second of the gap."""
    ratio = table[:, 0] / table[:, 4].clamp_min(least)
    wide = torch.column_stack([table, ratio])
    return (wide - wide.mean(0)) / wide.std(0)


class LateNet(nn.Module):
    def __init__(self, columns=6):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(columns, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    table, late = rides(1500, seed)
    x = features(table, least=30.0 if fixed else 0.0)
    model = LateNet()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.HuberLoss(),
                train=DataLoader(TensorDataset(x[:1200], late[:1200]), batch_size=40, shuffle=True),
                val=DataLoader(TensorDataset(x[1200:], late[1200:]), batch_size=300), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        model.train()
        for x, late in setup["train"]:
            loss = setup["loss_fn"](model(x), late)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, late = next(iter(setup["val"]))
    return setup["loss_fn"](setup["model"].eval()(x), late).item()
