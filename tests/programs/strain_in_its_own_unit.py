"""Healthy: strains are a few hundred millionths, the loss is of the order of 1e-8, and the gradients are as small.

Source: rebuilt from experience (a net for strain gauges whose users wanted the error in the unit of the gauge).
Nothing to mend: the output is scaled inside the net, Adam divides by the size of the gradients, and its epsilon is
small enough for these.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import waves

FAMILY = "strain-resnet"
ACCEPT = ()
SYMPTOMS = ("healthy",)
UNIT = 2e-4


class StrainNet(nn.Module):
    def __init__(self, columns=6, width=48):
        super().__init__()
        self.inp, self.out = nn.Linear(columns, width), nn.Linear(width, 1)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.register_buffer("unit", torch.tensor(UNIT))

    def forward(self, x):
        h = torch.tanh(self.inp(x))
        for block in self.blocks:
            h = h + torch.tanh(block(h))
        return self.unit * self.out(h)


def gauges(n, seed):
    x, y = waves(n, seed)
    return TensorDataset(x, UNIT * y.unsqueeze(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = StrainNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, eps=1e-15)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), fixed=fixed,
                train=DataLoader(gauges(1600, seed), batch_size=50, shuffle=True),
                val=DataLoader(gauges(400, seed + 50), batch_size=400))  # fmt: skip


def validate(model, loader, loss_fn):
    with torch.no_grad():
        return sum(loss_fn(model(x), y).item() for x, y in loader) / len(loader)


def train(setup, log, steps=None):
    model, optimizer, loss_fn, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(9):
        for i, (x, y) in enumerate(setup["train"], start=1):
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            n += 1
            ended = {"val_loss": validate(model, setup["val"], loss_fn)} if i == len(setup["train"]) else {}
            log(loss.item(), **ended)
            if n == steps:
                return


def error(setup):
    """In squared units."""
    return validate(setup["model"], setup["val"], setup["loss_fn"]) / UNIT**2
