"""Bug: the columns go in as they were measured: grams of a sack, pascals, grains a litre.

Source: https://openillumi.com/en/en-pytorch-performance-fix-standardization ("as soon as I switched to a dataset with a
large value scale [...] performance degraded significantly"; rebuilt).
Why it hurts: a tanh of tens of thousands is 1 or -1; nearly nothing can be learnt from it.
"""

import torch
from torch import nn

from programs.data_o import measured

FAMILY = "wheat-silo"
ACCEPT = ("unscaled-inputs", "saturated-activations")
SYMPTOMS = ("high-flat", "plateau", "slow", "oscillating")
CENTER = torch.tensor([75000.0, 101300.0, 2500.0, 13000.0, 900.0, 40000.0])
SPREAD = torch.tensor([4000.0, 900.0, 300.0, 2000.0, 250.0, 9000.0])


def load(n, seed):
    x, y = measured(n, seed, 6, columns=6)
    return x * SPREAD + CENTER, y.unsqueeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    (x, y), (xt, yt) = load(1200, seed), load(400, seed + 500)
    if fixed:
        mean, std = x.mean(0), x.std(0)
        x, xt = (x - mean) / std, (xt - mean) / std
    model = nn.Sequential(nn.Linear(6, 40), nn.Tanh(), nn.Linear(40, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.SmoothL1Loss(), train=(x, y), val=(xt, yt), fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]
    done = 0
    for _epoch in range(12):
        perm = torch.randperm(x.size(0))
        for i in range(0, x.size(0), 40):
            batch = perm[i : i + 40]
            optimizer.zero_grad()
            loss = loss_fn(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](setup["val"][0]), setup["val"][1]).item()
