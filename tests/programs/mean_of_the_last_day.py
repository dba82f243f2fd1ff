"""Bug: a column with the mean of the last 24 hours was added; the first 23 rows have none, and stay NaN.

Source: https://github.com/sktime/sktime/pull/6017 ("unexpected nans" in the first rows of rolling windows);
https://github.com/prs-eth/Marigold/issues/111 ("this happens when input batch contains NaN values"; rebuilt).
Why it hurts: the first batch that holds one of these rows makes the loss NaN, and all weights with it.
"""

import numpy as np
import torch
from torch import nn

from programs.data_j import hours_of_air

FAMILY = "dust-tomorrow"
ACCEPT = ("nonfinite-inputs",)
SYMPTOMS = ("non-finite",)


def rolling_mean(a, window):
    out = np.full_like(a, np.nan)
    total = np.cumsum(np.insert(a, 0, 0.0))
    out[window - 1 :] = (total[window:] - total[:-window]) / window
    return out


def features(n, seed, dropna):
    air = hours_of_air(n + 1, seed).numpy()
    dust = air[:, 0]
    table = np.column_stack([air, rolling_mean(dust, 24), np.roll(dust, 1)])[:-1].astype(np.float32)
    target = dust[1:]
    if dropna:
        keep = ~np.isnan(table).any(axis=1)
        table, target = table[keep], target[keep]
    return torch.from_numpy(table), torch.from_numpy(target)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = features(1400, seed, fixed)
    model = nn.Sequential(nn.Linear(6, 32), nn.GELU(), nn.Linear(32, 32), nn.GELU(), nn.Linear(32, 1), nn.Flatten(0))
    return dict(model=model, optimizer=torch.optim.NAdam(model.parameters(), lr=2e-3), loss_fn=nn.HuberLoss(),
                train=(x, y), val=features(400, seed + 500, True), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    (x, y), model, done = setup["train"], setup["model"], 0
    for _ in range(7):
        for rows in np.array_split(torch.randperm(len(x)).numpy(), 44):
            loss = setup["loss_fn"](model(x[rows]), y[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x) - y).abs().mean().item()
