"""Bug: the net shall say how many metres a barge goes on a day, some 40 000, and begins near zero.

Source: https://github.com/atomistic-machine-learning/schnetpack/issues/336 ("the value is very
large [...] Is it caused by the data not being normalized?": mean and deviation are to be given; rebuilt).
Why it hurts: at the usual rate Adam has a long way to go before the mean is met, and then the rest is still to learn.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

from programs.data_n import barges

FAMILY = "barges-canal"
ACCEPT = ("unscaled-targets",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class BargeNet(nn.Module):
    def __init__(self, hidden=(64, 64)):
        super().__init__()
        layers, width = [], 6
        for h in hidden:
            layers += [nn.Linear(width, h), nn.ReLU()]
            width = h
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        return self.head(self.body(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, metres = barges(1800, seed)
    y = metres.unsqueeze(1)
    mean, std = (y.mean(), y.std()) if fixed else (0.0, 1.0)
    train_set, val_set = random_split(TensorDataset(x, (y - mean) / std), [1500, 300])
    net = BargeNet()
    return {
        "model": net,
        "optimizer": torch.optim.Adam(net.parameters(), lr=2e-3),
        "loss_fn": nn.MSELoss(),
        "train": DataLoader(train_set, batch_size=30, shuffle=True),
        "val": DataLoader(val_set, batch_size=300),
        "mean": mean,
        "std": std,
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    net, loss_fn, step = setup["model"], setup["loss_fn"], 0
    for _epoch in range(10):
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = loss_fn(net(x), y)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    """By how many kilometres it is wrong."""
    ((x, y),) = setup["val"]
    return float((setup["model"](x) - y).abs().mean() * setup["std"] / 1000)
