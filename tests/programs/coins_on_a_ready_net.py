"""Healthy: the backbone has learnt six other coins; it is frozen, and only a new head is given to the optimizer.

Source: https://github.com/torchgeo/torchgeo/pull/1290 (freeze_backbone, to "fine-tune (aka linear probe) only the
classifier head"; rebuilt). Why it is right: most parameters get no gradient and do not move, and they are not to; the
head falls to a small loss. Must not be called parameters-not-optimized, graph-detached or train-eval-mode.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import coins

FAMILY = "coins-backbone"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def make_backbone():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 24, 3), nn.BatchNorm2d(24), nn.ReLU(), nn.Flatten(),
    )  # fmt: skip


def pretrain(backbone, seed):
    """On the six coins of another country."""
    head = nn.Linear(24 * 9, 6)
    adam = torch.optim.Adam([*backbone.parameters(), *head.parameters()], lr=3e-3)
    x, y = coins(960, seed)
    for rows in torch.randperm(len(x)).split(32) * 2:
        adam.zero_grad()
        nn.functional.cross_entropy(head(backbone(x[rows])), y[rows]).backward()
        adam.step()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    backbone, head = make_backbone(), nn.Linear(24 * 9, 3)
    pretrain(backbone, seed)
    backbone.eval().requires_grad_(False)
    model = nn.Sequential(backbone, head)
    return dict(
        model=model,
        optimizer=torch.optim.Adam(head.parameters(), lr=2e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(*coins(600, seed, kind=1)), batch_size=20, shuffle=True),
        val=coins(300, seed + 500, kind=1),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    backbone, head = setup["model"]
    n = 0
    for _epoch in range(7):
        for picture, coin in setup["train"]:
            with torch.no_grad():
                features = backbone(picture)
            loss = setup["loss_fn"](head(features), coin)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    picture, coin = setup["val"]
    return setup["loss_fn"](setup["model"](picture), coin).item()
