"""Bug: after each epoch the net is validated in eval mode, and stays so: train() was called once, before the loop.

Source: https://github.com/wkentaro/pytorch-fcn/pull/56 ("Return to train mode after validation");
https://github.com/joeynmt/joeynmt/issues/184 (still in model.eval() afterwards; rebuilt).
Why it hurts: from the second epoch on nothing is dropped any more, and the photographs, one in four of which shows
hardly anything, are learnt by heart.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_r import dried_herbs

FAMILY = "apothecary-cnn"
ACCEPT = ("train-eval-mode", "overfitting")
SYMPTOMS = ("overfitting", "healthy")


class HerbNet(nn.Module):
    def __init__(self, p=0.6):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Sequential(nn.Dropout(p), nn.Linear(16 * 36, 64), nn.ReLU(), nn.Dropout(p), nn.Linear(64, 5))

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


def validate(model, loader, criterion):
    model.eval()
    with torch.no_grad():
        losses = [criterion(model(x), y).item() for x, y in loader]
    return sum(losses) / len(losses)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = HerbNet()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*dried_herbs(400, seed)), batch_size=20, shuffle=True),
                val=DataLoader(TensorDataset(*dried_herbs(400, seed + 500)), batch_size=200), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    model.train()
    for _epoch in range(20):
        if setup["fixed"]:
            model.train()
        for i, (x, y) in enumerate(setup["train"], start=1):
            loss = setup["loss_fn"](model(x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            if i == len(setup["train"]):
                log(loss.item(), val_loss=validate(model, setup["val"], setup["loss_fn"]))
            else:
                log(loss.item())
            if n == steps:
                return


def error(setup):
    return validate(setup["model"], setup["val"], setup["loss_fn"])
