"""Bug: keep_prob of an old TensorFlow script is handed to nn.Dropout, which wants the share that is dropped.

Source: https://github.com/piergiaj/pytorch-i3d/issues/58 and
https://github.com/hassony2/kinetics_i3d_pytorch/issues/6 (the keep probability as the argument of nn.Dropout;
rebuilt). Why it hurts: nine tenths of each layer are missing at every step.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-dropout-mlp"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("plateau", "slow", "high-flat")

KEEP_PROB = 0.9


def dense(n_in, n_out, p):
    return nn.Sequential(nn.Linear(n_in, n_out), nn.ReLU(inplace=True), nn.Dropout(p))


class Classifier(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.flat = nn.Flatten()
        self.fc1 = dense(784, 96, p)
        self.fc2 = dense(96, 64, p)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x):
        return self.fc3(self.fc2(self.fc1(self.flat(x))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Classifier(1 - KEEP_PROB if fixed else KEEP_PROB)
    setup = dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=nn.CrossEntropyLoss())
    setup["train"] = DataLoader(TensorDataset(*digits(4000, seed)), batch_size=50, shuffle=True)
    setup["val"] = DataLoader(TensorDataset(*digits(500, seed, train=False)), batch_size=500)
    return setup | {"fixed": fixed}


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in loader)
    model.train()
    return right / len(loader.dataset)


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    i = 0
    model.train()
    for _epoch in range(4):
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            i += 1
            log(loss)
            if i == steps:
                return
        setup["accuracy"] = evaluate(model, setup["val"])
