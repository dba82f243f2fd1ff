"""Healthy: a net that was trained on four kinds of waves keeps its features frozen; a new head learns eight kinds.

Source: https://github.com/BINE022/EEGPT/issues/18 ("backbone not frozen?": what is not in the optimizer does not
move) and https://github.com/open-mmlab/mmyolo/issues/1050 (only the head's parameters for the optimizer; rebuilt).
Must not be called parameters-not-optimized, unregistered-layers or train-eval-mode.
"""

import torch
from torch import nn

from programs.data_b import waves

FAMILY = "waves-frozen"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def features():
    return nn.Sequential(
        nn.Conv1d(2, 16, 9, stride=2),
        nn.BatchNorm1d(16),
        nn.ReLU(),
        nn.Conv1d(16, 24, 5, stride=2),
        nn.BatchNorm1d(24),
        nn.ReLU(),
        nn.Flatten(),
    )


class Classifier(nn.Module):
    def __init__(self, backbone, classes):
        super().__init__()
        self.backbone, self.head = backbone, nn.Linear(24 * 6, classes)

    def forward(self, x):
        return self.head(self.backbone(x.transpose(1, 2)))


def pretrained(seed):
    x, y = waves(1200, seed + 500, classes=4)
    model = Classifier(features(), 4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for a, b in zip(x.split(40), y.split(40), strict=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(a), b).backward()
        optimizer.step()
    return model.backbone


def build(seed, fixed=False):
    torch.manual_seed(seed)
    backbone = pretrained(seed).requires_grad_(False).eval()
    x, y = waves(2000, seed, classes=8)
    model = Classifier(backbone, 8)
    return dict(model=model, optimizer=torch.optim.Adam(model.head.parameters(), lr=5e-3), val=[(x[1800:], y[1800:])],
                loss_fn=nn.CrossEntropyLoss(), train=list(zip(x[:1800].split(36), y[:1800].split(36), strict=True)),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        model.head.train()
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        with torch.no_grad():
            setup["val_accuracy"] = [(model(x).argmax(1) == y).float().mean().item() for x, y in setup["val"]]
