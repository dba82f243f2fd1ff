"""Bug: the columns go into the net as they are listed: days since 1900, millions of kilometres, metres, degrees.

Source: https://github.com/BrainJS/brain.js/issues/278 ("Inputs are not normalized [...] Ensuring values are of the same
magnitude prevent headaches"); https://github.com/ageron/handson-ml3/pull/20 (the same in a book; rebuilt).
Why it hurts: the outputs begin in the thousands, and the columns of small numbers are not heard beside the large.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import comets

FAMILY = "comets-orbits"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("high-flat", "plateau", "spiking", "oscillating", "slow")


class Brightness(nn.Module):
    def __init__(self, n_features=6, width=64):
        super().__init__()
        self.fc1 = nn.Linear(n_features, width)
        self.fc2 = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.out(x).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    X_train, y_train = comets(1600, seed)
    X_test, y_test = comets(400, seed + 500)
    if fixed:
        mean, std = X_train.mean(0), X_train.std(0)
        X_train, X_test = (X_train - mean) / std, (X_test - mean) / std
    model = Brightness()
    return {
        "model": model,
        "optimizer": torch.optim.Adam(model.parameters(), lr=3e-3),
        "loss_fn": nn.MSELoss(),
        "train": DataLoader(TensorDataset(X_train, y_train), batch_size=32, shuffle=True),
        "val": DataLoader(TensorDataset(X_test, y_test), batch_size=400),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(12):
        model.train()
        for X, y in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(X), y)
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    return float(torch.stack([setup["loss_fn"](setup["model"](X), y) for X, y in setup["val"]]).mean())
