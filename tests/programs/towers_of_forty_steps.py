"""Bug: forty residual blocks stand one on the other, each adds all it has, and there is no norm and no clipping.

Source: https://github.com/twtygqyy/pytorch-SRDenseNet/issues/2 ("when we use very deep network, the output often be
very big, that make loss nan"); https://github.com/huangleiBuaa/ONI/issues/1 (ResNet without batch norm: NaN; rebuilt).
Why it hurts: each block makes the signal and the gradient larger by a part; forty of them, by many thousands.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import shells

FAMILY = "towers-residual"
ACCEPT = ("exploding-gradients", "bad-init-scale")
SYMPTOMS = ("non-finite", "diverging", "oscillating", "spiking", "high-flat", "plateau")


class Floor(nn.Module):
    def __init__(self, width, share):
        super().__init__()
        self.one, self.two = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.kaiming_normal_(self.one.weight)
        nn.init.kaiming_normal_(self.two.weight)
        self.share = share

    def forward(self, x):
        return x + self.share * self.two(torch.relu(self.one(x)))


class Tower(nn.Module):
    def __init__(self, floors=40, width=24, kinds=6, share=1.0):
        super().__init__()
        self.ground = nn.Linear(12, width)
        self.floors = nn.Sequential(*[Floor(width, share) for _ in range(floors)])
        self.roof = nn.Linear(width, kinds)

    def forward(self, x):
        return self.roof(self.floors(self.ground(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    tower = Tower(share=0.1 if fixed else 1.0)
    loader = DataLoader(TensorDataset(*shells(960, seed)), batch_size=48, shuffle=True)
    return dict(model=tower, optimizer=torch.optim.SGD(tower.parameters(), lr=0.03), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    count = 0
    for _epoch in range(8):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            count += 1
            log(loss.item())
            if count == steps:
                return
