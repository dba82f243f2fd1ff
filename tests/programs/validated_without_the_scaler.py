"""Bug: the transform of the training pictures ends with a normalisation, that of the validation does not.

Source: https://github.com/JeasunLok/ResNet-pytorch/issues/1 ("the normalization has been used in training set but not
used in testing set"); https://github.com/mlpack/examples/pull/213 (rebuilt).
Why it hurts: the net is asked about pictures of another brightness than those it has learned from.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_i import sketches

FAMILY = "sketch-norm"
ACCEPT = ("preprocessing-mismatch",)
SYMPTOMS = ("overfitting",)


class Normalize:
    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def __call__(self, picture):
        return (picture - self.mean) / self.std


class Sketches(Dataset):
    def __init__(self, n, seed, transform=None):
        x, self.y = sketches(n, seed)
        self.x = 0.4 + 0.2 * x  # the pictures have little contrast
        self.transform = transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return (self.transform(self.x[i]) if self.transform else self.x[i]), self.y[i]


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(384, 48), nn.ReLU(), nn.Linear(48, 5),
    )  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    normalize, model = Normalize(0.456, 0.075), cnn()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(Sketches(1200, seed, normalize), 40, shuffle=True),
                val=DataLoader(Sketches(300, seed + 500, normalize if fixed else None), 100), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    losses = [setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]]
    return sum(losses) / len(losses)


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(6):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item(), **({"val_loss": error(setup)} if n % 15 == 0 else {}))
            if n == steps:
                return
