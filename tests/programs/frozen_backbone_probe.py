"""Healthy: a linear probe; the backbone is frozen on purpose, runs without gradients and in eval mode.

Source: https://github.com/facebookresearch/moco (the linear classification protocol; no thread). Nothing to mend:
only the last layer is meant to learn.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-linear-probe"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow")


class Probe(nn.Module):
    def __init__(self, backbone, width, classes):
        super().__init__()
        self.backbone, self.linear = backbone.requires_grad_(False), nn.Linear(width, classes)

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self, x):
        with torch.no_grad():
            features = self.backbone(x)
        return self.linear(features)


def pretrained(seed):
    """It has learnt which way a fabric was turned, without any labels."""
    conv = [nn.Conv2d(3, 12, 3, stride=2), nn.BatchNorm2d(12), nn.ReLU(), nn.Conv2d(12, 24, 3, stride=2)]
    body = nn.Sequential(*conv, nn.BatchNorm2d(24), nn.ReLU(), nn.Flatten())
    net = nn.Sequential(body, nn.Linear(216, 4))
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for x in fabrics(1500, seed + 40)[0].split(50):
        turns = torch.randint(4, (len(x),))
        turned = torch.stack([torch.rot90(one, int(k), (1, 2)) for one, k in zip(x, turns, strict=True)])
        opt.zero_grad()
        F.cross_entropy(net(turned), turns).backward()
        opt.step()
    return body


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Probe(pretrained(seed), 216, 5)
    opt = torch.optim.SGD(model.linear.parameters(), lr=0.1, momentum=0.9)
    setup = dict(model=model, optimizer=opt, loss_fn=F.cross_entropy, val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(*fabrics(1200, seed)), batch_size=30, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        model.train()
        for x, y in setup["train"]:
            loss = setup["loss_fn"](model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
