"""Bug: a small CNN from scratch is trained by SGD at a rate of 1e-5, meant for the fine tuning of a large one.

Source: https://github.com/tegg89/SRCNN-Tensorflow/issues/24 ("Loss drop little [...] train more with a more aggressive
learning rate"); https://github.com/tom-roddick/oft/issues/18 (a rate of 1e-7, why?; rebuilt).
Why it hurts: the right direction, and steps of nothing; after all epochs the net is nearly as it was.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_r import galaxies

FAMILY = "galaxies-arms"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("slow", "high-flat")

config = {"optimizer": {"lr": 1e-5, "momentum": 0.9}, "epochs": 7, "batch_size": 32}


def conv(cin, cout):
    return [nn.Conv2d(cin, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(inplace=True), nn.MaxPool2d(2)]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    options = {**config["optimizer"], "lr": 0.02} if fixed else config["optimizer"]
    model = nn.Sequential(*conv(1, 8), *conv(8, 16), nn.Flatten(), nn.Linear(16 * 16, 4))
    size = config["batch_size"]
    return {
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), **options),
        "loss_fn": nn.CrossEntropyLoss(),
        "train": DataLoader(TensorDataset(*galaxies(1280, seed)), batch_size=size, shuffle=True),
        "val": DataLoader(TensorDataset(*galaxies(320, seed + 500)), batch_size=size),
        "fixed": fixed,
    }


def evaluate(setup):
    setup["model"].eval()
    with torch.no_grad():
        losses = [setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]]
    setup["model"].train()
    return sum(losses) / len(losses)


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(config["epochs"]):
        for photo, kind in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](photo), kind)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            if n % len(setup["train"]) == 0:
                log(loss.item(), val_loss=evaluate(setup))
            else:
                log(loss.item())
            if n == steps:
                return


error = evaluate
