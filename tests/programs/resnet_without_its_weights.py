"""Bug: the layers of a backbone are frozen "because it is pretrained", but pretrained was False.

Source: https://github.com/pytorch/vision/issues/2164 ("freezes backbone layers even for random initialized backbone
[...] it took a while a figure out"; rebuilt).
Why it hurts: what is random stays random; the last layer alone can learn, from features that say little.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import signals

FAMILY = "signals-resnet"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(channels, channels, 5, padding=2), nn.BatchNorm1d(channels), nn.ReLU(),
                                  nn.Conv1d(channels, channels, 5, padding=2), nn.BatchNorm1d(channels))  # fmt: skip

    def forward(self, x):
        return torch.relu(x + self.body(x))


def resnet(channels=12, classes=5):
    stem = nn.Sequential(nn.Conv1d(1, channels, 7, stride=2, padding=3), nn.BatchNorm1d(channels), nn.ReLU())
    backbone = nn.Sequential(stem, Block(channels), nn.MaxPool1d(2), Block(channels), nn.AdaptiveAvgPool1d(1))
    return nn.Sequential(backbone, nn.Flatten(), nn.Linear(channels, classes))


def set_parameter_requires_grad(model, feature_extracting):
    if feature_extracting:
        for param in model[0].parameters():
            param.requires_grad = False


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = resnet()
    set_parameter_requires_grad(model, feature_extracting=not fixed)
    params_to_update = [p for p in model.parameters() if p.requires_grad]
    return dict(model=model, optimizer=torch.optim.Adam(params_to_update, lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*signals(1200, seed)), 40, shuffle=True), val=None,
                test=signals(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        model.train()
        for inputs, labels in setup["train"]:
            with torch.set_grad_enabled(True):
                loss = setup["loss_fn"](model(inputs), labels)
                loss.backward()
                optimizer.step()
            optimizer.zero_grad()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return setup["loss_fn"](setup["model"].eval()(x), y).item()
