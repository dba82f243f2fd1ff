"""Bug: the validation runs under no_grad, but without eval(); its batches hold one kind each.

Source: https://github.com/deep-learning-with-pytorch/dlwpt-code/issues/104 (batch norm, and no model.eval() in the
validation); https://github.com/wolny/pytorch-3dunet/issues/53 (rebuilt).
Why it hurts: batch norm takes mean and spread from a batch of one kind, and dropout is at work, too.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import signals

FAMILY = "signals-conv"
ACCEPT = ("train-eval-mode",)
SYMPTOMS = ("overfitting",)


def conv_net():
    return nn.Sequential(
        nn.Conv1d(1, 16, 9, padding=4), nn.BatchNorm1d(16), nn.ReLU(), nn.MaxPool1d(4),
        nn.Conv1d(16, 24, 5, padding=2), nn.BatchNorm1d(24), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(),
        nn.Linear(24, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 5),
    )  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = signals(300, seed + 500)
    by_kind = [(x[y == kind], y[y == kind]) for kind in range(5)]
    model = conv_net()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*signals(1200, seed)), 40, shuffle=True), val=by_kind,
                fixed=fixed)  # fmt: skip


def validate(setup):
    model, total = setup["model"], 0.0
    if setup["fixed"]:
        model.eval()
    with torch.no_grad():
        for x, y in setup["val"]:
            total += setup["loss_fn"](model(x), y).item()
    model.train()
    return total / len(setup["val"])


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    model.train()
    for _epoch in range(7):
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item(), **({"val_loss": validate(setup)} if n % 15 == 0 else {}))
            if n == steps:
                return


def error(setup):
    return validate(setup)
