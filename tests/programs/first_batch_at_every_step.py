"""Bug: each step takes next(iter(loader)), and the loader does not shuffle.

Source: https://github.com/leohsuofnthu/Pytorch-IterativeFCN/issues/7 (a new iterator in every iteration gives the
first element each time). Why it hurts: thirty-two pictures are learnt by heart, the others are never seen.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-lenet"
ACCEPT = ("same-batch-repeated", "overfitting")
SYMPTOMS = ("too-good", "overfitting", "healthy")


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 84),
        nn.Tanh(),
        nn.Linear(84, 10),
    )


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = lenet()
    setup = dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss())
    setup["train"] = DataLoader(TensorDataset(*digits(4800, seed)), batch_size=32)
    setup["val"] = DataLoader(TensorDataset(*digits(500, seed, train=False)), batch_size=250)
    return setup | {"fixed": fixed}


def endless(loader):
    while True:
        yield from loader


def train(setup, log, steps=None, total_steps=150):
    model, opt, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    batches = endless(setup["train"])
    for step in range(1, total_steps + 1):
        x, y = next(batches) if setup["fixed"] else next(iter(setup["train"]))
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        log(loss)
        if step == steps:
            return


@torch.no_grad()
def error(setup):
    wrong = [(setup["model"](x).argmax(1) != y).float().mean() for x, y in setup["val"]]
    return float(sum(wrong) / len(wrong))
