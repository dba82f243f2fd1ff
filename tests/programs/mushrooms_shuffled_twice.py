"""Bug: the features and the labels are shuffled one after the other, each by a permutation of its own.

Source: https://github.com/DrexelChatbotGroup/DrexelChatbot/issues/15 ("randomizes the order of the x data, but not the
y data. This invalidates the required association between them"; rebuilt).
Why it hurts: no label belongs to its mushroom; there is nothing to learn but how many are poisonous.
"""

import numpy as np
import torch
import torch.nn as nn

from programs.data_j import mushrooms

FAMILY = "mushrooms-edible"
ACCEPT = ("labels-misaligned", "noisy-labels")
SYMPTOMS = ("high-flat", "plateau", "overfitting")


def load_data(n, seed, together):
    x, y = mushrooms(n, seed)
    X = np.eye(6, dtype=np.float32)[x.numpy()].reshape(n, -1)
    Y = y.numpy()
    rng = np.random.RandomState(seed)
    if together:
        order = rng.permutation(n)
        X, Y = X[order], Y[order]
    else:
        rng.shuffle(X)
        rng.shuffle(Y)
    return torch.from_numpy(X), torch.from_numpy(Y)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(48, 32), nn.ReLU(), nn.Linear(32, 1))
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3), loss_fn=nn.BCEWithLogitsLoss(),
                train=load_data(1500, seed, fixed), val=load_data(400, seed + 500, True), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    X, Y = setup["train"]
    step = 0
    for _epoch in range(8):
        for b in range(len(X) // 30):
            xb, yb = X[b * 30 : (b + 1) * 30], Y[b * 30 : (b + 1) * 30]
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](xb)[:, 0], yb)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    X, Y = setup["val"]
    return ((setup["model"](X)[:, 0] > 0).float() != Y).float().mean().item()
