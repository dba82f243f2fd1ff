"""Bug: a notebook's training loop for a table of patients lacks optimizer.zero_grad().

Source: https://github.com/wenet-e2e/wekws/pull/73 ("when optimizer.step() is called, optimizer.zero_grad() is not
called"); https://github.com/pytorch/pytorch/issues/47175 ("an extremely nasty bug"; rebuilt).
Why it hurts: each step goes along the sum of all gradients so far.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import hearts

FAMILY = "hearts-kaggle"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "slow")


class HeartNet(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.fc1 = nn.Linear(n_features, 64)
        self.fc2 = nn.Linear(64, 32)
        self.out = nn.Linear(32, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.fc1(x))
        x = self.relu(self.fc2(x))
        return self.out(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    X_train, y_train = hearts(1600, seed)
    train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=32, shuffle=True)
    model = HeartNet(X_train.shape[1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCEWithLogitsLoss(), train=train_loader, val=None,
                test=hearts(800, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    it = 0
    for _epoch in range(8):
        for xb, yb in setup["train"]:
            y_pred = model(xb)
            loss = criterion(y_pred, yb.unsqueeze(1))
            if setup["fixed"]:
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            it += 1
            log(loss.item())
            if it == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return nn.functional.binary_cross_entropy_with_logits(setup["model"](x)[:, 0], y).item()
