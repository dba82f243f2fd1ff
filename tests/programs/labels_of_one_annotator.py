"""Bug: five people have labelled each picture, and the loader takes the column of the first one.

Source: https://github.com/cnap/ynacc/issues/2 (how to join the labels of annotators who disagree: majority vote;
rebuilt). Why it hurts: each of them errs in every third picture, most of them together hardly ever.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-annotators"
ACCEPT = ("noisy-labels", "labels-misaligned")
SYMPTOMS = ("plateau", "high-flat", "slow")


def annotations(y, people, wrong, seed):
    """A table with a column for each person."""
    g = torch.Generator().manual_seed(seed)
    guess = torch.randint(10, (len(y), people), generator=g)
    errs = torch.rand(len(y), people, generator=g) < wrong
    return torch.where(errs, guess, y[:, None])


def first(table):
    return table[:, 0]


def majority(table):
    return table.mode(dim=1).values


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = digits(3000, seed)
    labels = (majority if fixed else first)(annotations(y, 5, 0.4, seed))
    hidden = [nn.Flatten(), nn.Linear(784, 64), nn.BatchNorm1d(64), nn.ReLU()]
    model = nn.Sequential(*hidden, nn.Linear(64, 10))
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), fixed=fixed)
    setup["train"] = DataLoader(TensorDataset(x, labels), batch_size=50, shuffle=True)
    return setup | {"val": DataLoader(TensorDataset(*digits(500, seed, train=False)), batch_size=250)}


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        model.train()
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
        model.eval()
        with torch.no_grad():
            setup["val_loss"] = sum(float(setup["loss_fn"](model(x), y)) for x, y in setup["val"]) / len(setup["val"])
