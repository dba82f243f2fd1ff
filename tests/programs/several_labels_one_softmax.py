"""Bug: a picture may have several labels; the loss is CrossEntropyLoss, which accepts the table of 0 and 1 as it is.

Source: https://github.com/open-mmlab/mmpretrain/issues/783 (pictures that belong to several classes at once, a
softmax loss, and very many false alarms; rebuilt). Why it hurts: the shares of a softmax compete and add up to one, so
two marks can never both be sure, a picture without a mark teaches nothing, and the scores have no zero to compare with.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_d import scenes

FAMILY = "scenes-cnn"
ACCEPT = ("wrong-loss",)
SYMPTOMS = ("high-flat", "plateau", "slow")


def block(inside, outside):
    return nn.Sequential(nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside), nn.ReLU(), nn.MaxPool2d(2))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(block(1, 8), block(8, 16), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(64, 4))
    criterion = nn.BCEWithLogitsLoss() if fixed else nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    return dict(
        model=model,
        optimizer=optimizer,
        loss_fn=criterion,
        train=DataLoader(TensorDataset(*scenes(1200, seed)), batch_size=32, shuffle=True, drop_last=True),
        val=DataLoader(TensorDataset(*scenes(300, seed + 60)), batch_size=300),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    count = 0
    while True:
        for images, labels in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            count += 1
            log(loss.item())
            if count == (steps or 120):
                return


@torch.no_grad()
def error(setup):
    """The share of labels that are told wrongly."""
    model = setup["model"].eval()
    return sum(((model(x) > 0) != (y > 0.5)).float().mean().item() for x, y in setup["val"]) / len(setup["val"])
