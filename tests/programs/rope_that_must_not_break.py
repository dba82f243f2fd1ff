"""Bug: after each epoch the best weights so far are loaded again, and the comparison takes a loss for an accuracy.

Source: https://github.com/ebagdasa/backdoors101/pull/26 ("Fixed comparison bug for saving best model checkpoint");
https://github.com/CAREamics/careamics/issues/71 ("Best checkpoint doesn't seem to be saved except for the 1st epoch").
Why it hurts: the first, worst weights are the best for ever; each epoch begins again there.
"""

import copy
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import ropes

FAMILY = "rope-best"
ACCEPT = ("state-reset",)
SYMPTOMS = ("oscillating", "plateau", "spiking", "high-flat", "slow")


class BestKeeper:
    def __init__(self, higher_is_better):
        self.sign = 1 if higher_is_better else -1
        self.best, self.weights = -math.inf, None

    def update(self, model, value):
        if self.sign * value > self.best:
            self.best, self.weights = self.sign * value, copy.deepcopy(model.state_dict())

    def restore(self, model):
        model.load_state_dict(self.weights)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    train_set, val_set = TensorDataset(*ropes(1600, seed)), TensorDataset(*ropes(400, seed + 500))
    return dict(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.7),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(train_set, batch_size=32, shuffle=True),
        val=DataLoader(val_set, batch_size=400),
        keeper=BestKeeper(higher_is_better=not fixed),
        fixed=fixed,
    )


@torch.no_grad()
def error(setup):
    return sum(setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]) / len(setup["val"])


def train(setup, log, steps=None):
    model, optimizer, criterion, keeper = (setup[k] for k in ("model", "optimizer", "loss_fn", "keeper"))
    n = 0
    for _epoch in range(14):
        for x, y in setup["train"]:
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        keeper.update(model, error(setup))
        keeper.restore(model)
