"""Healthy: label smoothing; the loss stops at 0.7 and cannot fall further.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html (label_smoothing; no thread).
Nothing to mend: the smoothed labels have an entropy of their own, and the loss has come down to it.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-smoothing"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


def conv(n_in, n_out):
    return nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU(), nn.MaxPool2d(2))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(conv(3, 12), conv(12, 24), nn.Flatten(), nn.Linear(24 * 16, 5))
    x, y = fabrics(1200, seed)
    setup = dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), fixed=fixed)
    setup["loss_fn"] = nn.CrossEntropyLoss(label_smoothing=0.2)
    setup["train"] = DataLoader(TensorDataset(x[:1000], y[:1000]), batch_size=25, shuffle=True)
    setup["val"] = DataLoader(TensorDataset(x[1000:], y[1000:]), batch_size=100)
    return setup


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
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


@torch.no_grad()
def error(setup):
    model = setup["model"].eval()
    wrong = [(model(x).argmax(1) != y).float().mean() for x, y in setup["val"]]
    return float(sum(wrong) / len(wrong))
