"""Bug: the momentum was raised from 0.9 to 0.99, and the rate stayed.

Source: https://distill.pub/2017/momentum/ (with too much of it the weights swing to and fro; no thread). Why it
hurts: a step now goes on for a hundred steps instead of ten; the weights shoot past and come back.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import houses

FAMILY = "houses-momentum"
ACCEPT = ("momentum-too-high", "lr-too-high")
SYMPTOMS = ("oscillating", "diverging", "plateau", "spiking")


def load(n, seed):
    table, price = houses(n, seed)
    x, y = (table - table.mean(0)) / table.std(0), price.log()
    return TensorDataset(x, ((y - y.mean()) / y.std())[:, None])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(5, 48), nn.Tanh(), nn.Linear(48, 24), nn.Tanh(), nn.Linear(24, 1))
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9 if fixed else 0.99)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), fixed=fixed)
    setup["train"] = DataLoader(load(1500, seed), batch_size=50, shuffle=True)
    setup["val"] = DataLoader(load(300, seed + 1), batch_size=300)
    return setup


def train(setup, log, steps=None):
    model, optimizer, criterion, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(10):
        for x, y in setup["train"]:
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss)
            if n == steps:
                return
        with torch.no_grad():
            setup["val_loss"] = sum(criterion(model(x), y).item() for x, y in setup["val"])
