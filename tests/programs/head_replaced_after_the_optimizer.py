"""Bug: the last layer is replaced after the optimizer was given the parameters; the rest is frozen.

Source: https://github.com/ifzhang/FairMOT/issues/125 (a classifier that is not in the optimizer; rebuilt). Why it
hurts: the optimizer holds the old layer, which nobody uses any more; the new one stays as it was drawn.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-transfer"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("high-flat",)


class Backbone(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 12, 3, stride=2), nn.Conv2d(12, 24, 3, stride=2)
        self.fc = nn.Linear(24 * 9, classes)

    def forward(self, x):
        return self.fc(F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1))


def pretrained(seed):
    """Trained to tell five fabrics apart."""
    net = Backbone(5)
    x, y = fabrics(800, seed + 500)
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _epoch in range(5):
        for a, b in zip(x.split(40), y.split(40), strict=True):
            opt.zero_grad()
            F.cross_entropy(net(a), b).backward()
            opt.step()
    return net


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = pretrained(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    model.requires_grad_(False)
    model.fc = nn.Linear(model.fc.in_features, 3)
    if fixed:
        optimizer = torch.optim.AdamW(model.fc.parameters(), lr=3e-3)
    x, y = fabrics(1000, seed)
    group = torch.tensor([0, 0, 1, 1, 2])[y]  # lines, figures, plain
    loader = DataLoader(TensorDataset(x, group), batch_size=25, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=F.cross_entropy, train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
