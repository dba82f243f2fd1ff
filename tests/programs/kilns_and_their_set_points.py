"""Bug: the last layer is followed by a ReLU, the targets are differences from the set point, half of them below zero.

Source: https://math.techqa.club/are-relu-a-very-bad-choice-as-last-layer-for-regression-4483706 ("the network
will never learn anything, because the gradient will always be 0"; rebuilt).
Why it hurts: the net cannot say less than nothing; for every kiln that is too cold it says 0 at best.
"""

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import nn

from programs.data_n import kilns

FAMILY = "kilns-heat"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("plateau", "high-flat")


def mlp(sizes, last_activation):
    layers = OrderedDict()
    for k, (a, b) in enumerate(pairwise(sizes)):
        layers[f"linear{k}"] = nn.Linear(a, b)
        if k < len(sizes) - 2 or last_activation:
            layers[f"relu{k}"] = nn.ReLU()
    return nn.Sequential(layers)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = kilns(1500, seed)
    model = mlp([5, 48, 48, 1], last_activation=not fixed)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
    batches = list(zip(x.split(30), y.split(30), strict=True))
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=batches, val=kilns(400, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _epoch in range(12):
        for x, y in setup["train"]:
            pred = model(x).view(-1)
            loss = mse(pred, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x).view(-1), y).item()
