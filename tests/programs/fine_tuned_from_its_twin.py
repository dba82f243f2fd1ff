"""Healthy: a net that was trained on the same kind of pictures is trained on at a small rate; its loss starts at 0.4.

Source: https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html (no thread). Nothing to mend:
little is left to learn, so the curve is nearly flat.
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-finetune"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "plateau")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU())
        self.head = nn.Linear(400, 10)

    def forward(self, x):
        return self.head(self.backbone(x).flatten(1))


def published(seed):
    """The weights that one downloads."""
    net = Net()
    x, y = digits(3000, seed + 11)
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for a, b in zip(x.split(30), y.split(30), strict=True):
        opt.zero_grad()
        F.cross_entropy(net(a), b).backward()
        opt.step()
    return copy.deepcopy(net.state_dict())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    state = published(seed)
    model = Net()
    model.load_state_dict(state)
    groups = [{"params": model.backbone.parameters(), "lr": 3e-4}, {"params": model.head.parameters(), "lr": 1e-3}]
    setup = dict(model=model, optimizer=torch.optim.Adam(groups), loss_fn=F.cross_entropy, val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(*digits(2000, seed)), batch_size=40, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
