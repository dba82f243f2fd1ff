"""Bug: the columns of a table go into the net as they came: rooms in ones, incomes in ten thousands.

Source: https://github.com/jaredleekatzman/DeepSurv/issues/14 (a loss of 3e10 until the columns were normalised;
rebuilt). Why it hurts: the column with the large numbers decides alone, and the slope along it is so steep that no
rate suits all.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import houses

FAMILY = "houses-adagrad"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("plateau", "slow", "oscillating", "high-flat")


def load(n, seed, standardize):
    x, price = houses(n, seed)
    y = price.log()
    y = (y - y.mean()) / y.std()
    if standardize:
        x = (x - x.mean(0)) / x.std(0)
    return TensorDataset(x, y)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))
    opt = torch.optim.Adagrad(model.parameters(), lr=0.02)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.SmoothL1Loss(), fixed=fixed)
    setup["train"] = DataLoader(load(1500, seed, standardize=fixed), batch_size=30, shuffle=True)
    setup["val"] = DataLoader(load(300, seed + 1, standardize=fixed), batch_size=150)
    return setup


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _epoch in range(6):
        model.train()
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss)
            if n == steps:
                return
        model.eval()
        with torch.no_grad():
            setup["val_loss"] = sum(loss_fn(model(x), y).item() for x, y in setup["val"]) / len(setup["val"])
